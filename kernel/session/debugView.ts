/**
 * What the debugger asks the thread of the cells for, under `globalThis[Symbol.for("gradbook.debug")]`: values by
 * inspection alone, like the view of variables. See kernel/debugger/worker.ts for the contract.
 */
import type { DebugView, Listed } from "../debugger/worker.ts";
import type { JsonObject } from "../protocol/messages.ts";
import { mimeBundle } from "./mimeBundle.ts";
import { nodeOf, nodesInside, step } from "./variables/inside.ts";
import { ONE_LINE } from "./variables/look.ts";
import { isArray, isObject } from "./variables/natives.ts";

/** References of values begin here; those below are the debugger's own. */
const FIRST = 100_000;
/** Whatever runs waits for a list, in ms. */
const LIST_MS = 50;

export interface DebuggedSession {
  names(): Iterable<{ name: string; value: unknown }>;
  define(name: string, value: unknown): void;
  attach(on: boolean): void;
}

/** A value in a list: what is inside it is asked for by its number. */
type Referred = { value: unknown };

export class WorkerDebugView implements DebugView {
  readonly #session: DebuggedSession;
  #last = FIRST;
  /** Values of the newest list, and of the one before: a front end may still show that. */
  #values = new Map<number, Referred>();
  #valuesBefore = new Map<number, Referred>();
  readonly #overlay = new Map<string, unknown>();
  readonly #hits = new Map<number, number>();

  constructor(session: DebuggedSession) {
    this.#session = session;
  }

  session(): Listed[] {
    if (this.#values.size > 0) this.#turn();
    const until = performance.now() + LIST_MS;
    const all = [...this.#session.names()].map(({ name, value }) => {
      return this.#listed(name, this.#overlay.has(name) ? this.#overlay.get(name) : value, until, name);
    });
    return all.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  locals(read: { [name: string]: () => unknown }): Listed[] {
    const until = performance.now() + LIST_MS;
    return Object.keys(read).map((name) => {
      try {
        return this.#listed(name, read[name]!(), until, name);
      } catch {
        // Its declaration has not been reached.
        return { name, value: "not initialised", type: "", variablesReference: 0 };
      }
    });
  }

  overlay(read: { [name: string]: () => unknown }): void {
    const known = new Set([...this.#session.names()].map(({ name }) => name));
    for (const name of Object.keys(read)) if (known.has(name)) this.#overlay.set(name, read[name]!());
  }

  children(reference: number): Listed[] {
    const { value } = this.#find(reference);
    const until = performance.now() + LIST_MS;
    const nodes = nodesInside(value, { ...ONE_LINE, until });
    return nodes.map((node) => ({
      name: node.name,
      value: node.value,
      type: node.type,
      variablesReference: node.expandable ? this.#refer(step(value, node.key)?.value) : 0,
    }));
  }

  look(value: unknown): Listed {
    return this.#listed("", value, performance.now() + LIST_MS);
  }

  bundle(read: () => unknown): { data: JsonObject; metadata: JsonObject } {
    const value = read();
    const bundle = mimeBundle(value);
    // Nothing can be waited for while the thread is paused.
    const data = bundle instanceof Promise ? { "text/plain": this.look(value).value } : bundle;
    return { data, metadata: {} };
  }

  define(name: string, value: unknown): Listed {
    this.#session.define(name, value);
    if (this.#overlay.has(name)) this.#overlay.set(name, value);
    return this.look(value);
  }

  setMember(reference: number, name: string, value: unknown): Listed {
    const { value: held } = this.#find(reference);
    const key = isArray(held) || ArrayBuffer.isView(held) ? /^\[(\d+)\]$/.exec(name)?.[1] : name;
    if (!isObject(held) || key === undefined || !Object.hasOwn(held, key)) {
      throw new Error(`${name} cannot be given a value here. Write the assignment as an expression.`);
    }
    (held as { [key: string]: unknown })[key] = value;
    return this.look(value);
  }

  hits(breakpoint: number): number {
    const hits = (this.#hits.get(breakpoint) ?? 0) + 1;
    this.#hits.set(breakpoint, hits);
    return hits;
  }

  forget(): void {
    this.#turn();
    this.#turn();
    this.#overlay.clear();
  }

  attach(on: boolean): void {
    this.#session.attach(on);
    if (on) return;
    this.forget();
    this.#hits.clear();
  }

  #listed(name: string, value: unknown, until: number, evaluateName?: string): Listed {
    const node = nodeOf({ key: name, name, value }, { ...ONE_LINE, until });
    return {
      name,
      value: node.value,
      type: node.type,
      variablesReference: node.expandable ? this.#refer(value) : 0,
      ...(evaluateName !== undefined && { evaluateName }),
    };
  }

  #refer(value: unknown): number {
    this.#values.set(++this.#last, { value });
    return this.#last;
  }

  #find(reference: number): Referred {
    const found = this.#values.get(reference) ?? this.#valuesBefore.get(reference);
    if (!found) throw new Error(`there is no list ${reference} any more: the variables were listed anew since`);
    return found;
  }

  #turn(): void {
    this.#valuesBefore = this.#values;
    this.#values = new Map();
  }
}
