/**
 * Whether a promise is pending, and its result as text. Only the debugger knows without calling `then`, which would run
 * code of a subclass and make a rejection count as handled.
 */
import { Session } from "node:inspector";

const HELD = Symbol.for("gradbook.promise");
const surroundings = globalThis as { [HELD]?: unknown };

export interface PromiseState {
  state: "pending" | "fulfilled" | "rejected";
  /** Short; "" while pending. */
  result: string;
}

/** Undefined where the runtime has no debugger. */
export function promiseState(promise: unknown): PromiseState | undefined {
  const session = new Session();
  let found: PromiseState | undefined;
  try {
    session.connect();
    Object.defineProperty(surroundings, HELD, { value: promise, configurable: true });
    const expression = `globalThis[Symbol.for("gradbook.promise")]`;
    // Answered before `post` returns: it is this thread's own debugger.
    session.post("Runtime.evaluate", { expression, generatePreview: true, silent: true }, (_error, answer) => {
      const properties = answer?.result.preview?.properties ?? [];
      const of = (name: string): string => properties.find((property) => property.name === name)?.value ?? "";
      const state = of("[[PromiseState]]");
      if (state === "pending") found = { state, result: "" };
      if (state === "fulfilled" || state === "rejected") found = { state, result: of("[[PromiseResult]]") };
    });
  } catch {
    // Nothing is known then.
  } finally {
    delete surroundings[HELD];
    session.disconnect();
  }
  return found;
}
