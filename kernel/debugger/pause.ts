/** The thread while it is paused: its frames in the user's texts, and the names that each of them sees. */
import { boxedName, isKernelsName } from "../protocol/localNames.ts";
import type { JsonObject } from "../protocol/messages.ts";
import type { Scripts } from "./scripts.ts";
import type { CallFrame, DebugTarget, RemoteObject } from "./target.ts";
import { IN_WORKER, type Listed } from "./worker.ts";

export interface Frame {
  id: number;
  name: string;
  line: number;
  column: number;
  source: { name: string; path: string };
  call: CallFrame;
}
/** Where the names of a frame are, innermost first. */
const OF_FUNCTION = ["block", "local", "catch", "eval", "with"];

export class Pause {
  readonly frames: Frame[] = [];
  readonly #target: DebugTarget;
  readonly #scripts: Scripts;
  readonly #scopes: { frame: Frame; kind: "locals" | "closure" | "session" }[] = [];
  readonly #names = new Map<CallFrame, Promise<Map<string, string[]>>>();
  #overlaid: Promise<void> | undefined;

  /** `nameOf`: what a front end calls the text at a path. */
  constructor(target: DebugTarget, scripts: Scripts, calls: readonly CallFrame[], nameOf: (path: string) => string) {
    this.#target = target;
    this.#scripts = scripts;
    for (const call of calls) {
      const place = scripts.get(call.location.scriptId)?.original(call.location);
      // The kernel's own, Node's and packages' frames, and code of a cell that nobody wrote.
      if (!place) continue;
      this.frames.push({
        id: this.frames.length + 1,
        name:
          call.functionName === "" ? (isCell(call, scripts) ? nameOf(place.path) : "(anonymous)") : call.functionName,
        line: place.line,
        column: place.column,
        source: { name: nameOf(place.path), path: place.path },
        call,
      });
    }
  }

  frame(id: unknown): Frame {
    const frame = this.frames.find((each) => each.id === id) ?? (id === undefined ? this.frames[0] : undefined);
    if (!frame) throw new Error(`there is no frame ${String(id)}: the thread has gone on since`);
    return frame;
  }

  /** Lists of names, each with its reference. */
  async scopes(frame: Frame): Promise<{ name: string; variablesReference: number; expensive: boolean }[]> {
    const names = await this.#namesOf(frame.call);
    const kinds = ["locals", ...(names.has("closure") ? ["closure"] : []), "session"] as const;
    return kinds.map((kind) => {
      this.#scopes.push({ frame, kind: kind as "locals" });
      const name = { locals: "Locals", closure: "Closure", session: "Session" }[kind as "locals"];
      return { name, variablesReference: this.#scopes.length, expensive: false };
    });
  }

  /** What a reference of `scopes` lists; undefined when it is none. */
  async list(reference: number): Promise<Listed[] | undefined> {
    const scope = this.#scopes[reference - 1];
    if (!scope) return undefined;
    const { frame, kind } = scope;
    const names = await this.#namesOf(frame.call);
    const locals = names.get("locals") ?? [];
    if (kind !== "session") return this.#evaluate(frame.call, `${IN_WORKER}.locals(${readers(names.get(kind) ?? [])})`);
    await (this.#overlaid ??= this.#overlay());
    const all = await this.#evaluate<Listed[]>(frame.call, `${IN_WORKER}.session()`);
    const shown = new Set(locals.map((name) => boxedName(name) ?? name));
    return all.filter(({ name }) => !shown.has(name));
  }

  /** Whether the name is one of the frame's own, rather than only of the session. */
  async sees(frame: Frame, name: string): Promise<boolean> {
    const names = [...(await this.#namesOf(frame.call)).values()].flat();
    return names.includes(name) || names.includes(`$$${name}`);
  }

  /** How an expression in that frame reaches a name: a local, or the box of a session variable that the code uses. */
  async pathTo(frame: Frame, name: string): Promise<string> {
    const names = [...(await this.#namesOf(frame.call)).values()].flat();
    return !names.includes(name) && names.includes(`$$${name}`) ? `$$${name}.v` : name;
  }

  /** The frame of a list of names; undefined for a reference to a value. */
  frameOf(reference: number): Frame | undefined {
    return this.#scopes[reference - 1]?.frame;
  }

  /** The result as plain data. */
  async #evaluate<T>(call: CallFrame, expression: string): Promise<T> {
    const reply = await this.#target.send("Debugger.evaluateOnCallFrame", {
      callFrameId: call.callFrameId,
      expression,
      returnByValue: true,
      silent: true,
    });
    return valueOf(reply) as T;
  }

  /** The cells that wait for this frame hold newer values of their variables than the session. */
  async #overlay(): Promise<void> {
    for (const { call } of this.frames.toReversed()) {
      if (!isCell(call, this.#scripts)) continue;
      const local = call.scopeChain.find(({ type }) => type === "local");
      const names = local ? (await this.#propertiesOf(local.object)).filter((name) => !name.startsWith("$")) : [];
      await this.#evaluate(call, `${IN_WORKER}.overlay(${readers(names)})`);
    }
  }

  /** Names as they are in the code. An inner one hides an outer one, and a local hides the box of the same variable. */
  #namesOf(call: CallFrame): Promise<Map<string, string[]>> {
    let names = this.#names.get(call);
    if (!names) this.#names.set(call, (names = this.#find(call)));
    return names;
  }

  async #find(call: CallFrame): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    const seen = new Set<string>();
    for (const { type, object } of call.scopeChain) {
      const kind = OF_FUNCTION.includes(type) ? "locals" : type === "closure" ? "closure" : undefined;
      if (!kind) continue;
      const names = (await this.#propertiesOf(object)).filter((name) => !isKernelsName(name) && name !== "arguments");
      // Plain ones first.
      for (const name of [...names.filter((each) => !boxedName(each)), ...names.filter(boxedName)]) {
        const shown = boxedName(name) ?? name;
        if (seen.has(shown)) continue;
        seen.add(shown);
        // The session's variables are listed as such; a cell's own function has the boxes of all that it uses.
        if (boxedName(name) && kind === "closure") continue;
        found.set(kind, [...(found.get(kind) ?? []), name]);
      }
    }
    return found;
  }

  async #propertiesOf({ objectId }: RemoteObject): Promise<string[]> {
    const reply = await this.#target.send("Runtime.getProperties", { objectId, ownProperties: true });
    return (reply["result"] as { name: string }[]).map(({ name }) => name);
  }
}

/** A cell is a function with which its script begins. */
function isCell({ functionLocation: at }: CallFrame, scripts: Scripts): boolean {
  return (
    at?.lineNumber === 0 && at.columnNumber === 0 && scripts.get(at.scriptId)?.url.startsWith("gradbook:") === true
  );
}

function readers(names: readonly string[]): string {
  const readable = names.filter((name) => /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name));
  const read = readable.map((name) => {
    const boxed = boxedName(name);
    return boxed === undefined ? `${JSON.stringify(name)}: () => ${name}` : `${JSON.stringify(boxed)}: () => ${name}.v`;
  });
  return `{ __proto__: null, ${read.join(", ")} }`;
}

/** @throws Error with what the expression threw. */
export function valueOf(reply: JsonObject): unknown {
  const failed = reply["exceptionDetails"] as { text: string; exception?: RemoteObject } | undefined;
  if (failed) throw new Error((failed.exception?.description ?? failed.text).split("\n")[0]);
  return (reply["result"] as RemoteObject).value;
}
