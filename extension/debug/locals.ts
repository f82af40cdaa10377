/**
 * The lists of variables as the user wrote them. Compiled cells hold a session variable `x` as the local `$$x` (see
 * kernel/language/box.ts), beside a few names of the kernel's own.
 */
import { boxedName, isKernelsName } from "../../kernel/client/localNames.ts";

/** As far as we look at it. Source: Debug Adapter Protocol, `Variable`. */
interface Variable {
  name: string;
  evaluateName?: string;
  variablesReference?: number;
}
interface Message {
  type: string;
  seq?: number;
  request_seq?: number;
  command?: string;
  arguments?: { variablesReference?: number; name?: string };
  body?: { variables?: Variable[] };
}

/** Names of locals on their way between VS Code and its debugger; for one session. */
export class Locals {
  /** Which list was asked for, by the number of the request. */
  readonly #asked = new Map<number, number>();
  /** By list and name: the reference of the box in which a variable is held. */
  readonly #boxes = new Map<string, number>();

  /** What VS Code says to the debugger. Given a value, a session variable's box gets it and not the local. */
  toDebugger(message: unknown): void {
    const { type, seq, command, arguments: args } = message as Message;
    if (type !== "request" || args?.variablesReference === undefined) return;
    if (command === "variables" && seq !== undefined) this.#asked.set(seq, args.variablesReference);
    if (command !== "setVariable") return;
    const box = this.#boxes.get(`${args.variablesReference} ${args.name}`);
    if (box !== undefined) Object.assign(args, { variablesReference: box, name: "v" });
  }

  /** What the debugger says to VS Code. */
  fromDebugger(message: unknown): void {
    const { type, request_seq, command, body } = message as Message;
    if (type !== "response" || command !== "variables" || !body?.variables) return;
    const list = this.#asked.get(request_seq!);
    this.#asked.delete(request_seq!);
    const names = new Set(body.variables.map(({ name }) => name));
    body.variables = body.variables.filter(({ name }) => {
      const boxed = boxedName(name);
      return boxed === undefined ? !isKernelsName(name) : !names.has(boxed);
    });
    for (const variable of body.variables) {
      const boxed = boxedName(variable.name);
      if (boxed === undefined) continue;
      if (list !== undefined && variable.variablesReference) {
        this.#boxes.set(`${list} ${boxed}`, variable.variablesReference);
      }
      variable.name = boxed;
      variable.evaluateName = boxed;
    }
  }
}
