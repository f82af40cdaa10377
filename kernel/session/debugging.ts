/**
 * The debugger's way into the cells' thread: an inspector on loopback that is open only while somebody debugs, and what makes
 * the session's variables visible in it.
 */
import inspector from "node:inspector";
import { Box } from "../language/box.ts";
import type { JsonObject } from "../protocol/messages.ts";
import { CONTROL, type Control } from "./control.ts";
import { SOURCE_PREFIX } from "./cellSources.ts";
import type { Questions } from "./questions.ts";

export function debugQuestions(control: Control, boxes: () => Iterable<Box>): Questions {
  return {
    /** Where a debugger attaches, and the prefix of the cells' names. */
    "debug/open": (): JsonObject => {
      if (inspector.url() === undefined) inspector.open(0, "127.0.0.1");
      Atomics.store(control, CONTROL.debugging, 1);
      showVariables(boxes());
      return { url: inspector.url(), prefix: SOURCE_PREFIX };
    },
    "debug/close": (): JsonObject => {
      Atomics.store(control, CONTROL.debugging, 0);
      hideVariables();
      inspector.close();
      return {};
    },
  };
}

/** Names that are accessors of `globalThis` while somebody debugs: a watch or a hover then finds what its frame does not hold. */
const shown = new Set<string>();

/** Makes variables visible in every frame, or ends that. */
export function showInFrames(boxes: Iterable<Box>, on: boolean): void {
  if (on) showVariables(boxes);
  else hideVariables();
}

function showVariables(boxes: Iterable<Box>): void {
  const show = (box: Box): void => {
    if (box.name in globalThis) return;
    shown.add(box.name);
    Object.defineProperty(globalThis, box.name, {
      configurable: true,
      enumerable: false,
      get: () => (box.declared ? box.v : undefined),
      set: (value) => (box.v = value),
    });
  };
  for (const box of boxes) if (box.declared) show(box);
  Box.onDeclare = show;
}

function hideVariables(): void {
  Box.onDeclare = undefined;
  for (const name of shown) delete (globalThis as { [name: string]: unknown })[name];
  shown.clear();
}

/**
 * In lists of locals a box is shown as what it holds; the symbols are those of VS Code's JavaScript debugger, which refuses
 * what might change anything: Node's inspector would.
 */
Object.defineProperties(Box.prototype, {
  [Symbol.for("debug.description")]: {
    value(this: Box): string {
      return this.declared ? described(this.v) : "not initialised";
    },
  },
  [Symbol.for("debug.properties")]: {
    value(this: Box): unknown {
      const held = this.declared ? this.v : undefined;
      return typeof held === "object" && held !== null ? held : {};
    },
  },
});

/** A value in a few characters, by nothing that V8 takes for a side effect. */
function described(value: unknown): string {
  if (typeof value === "string") return `'${value}'`;
  if (typeof value === "function") return `ƒ ${value.name}`;
  if (typeof value !== "object" || value === null) return typeof value === "bigint" ? `${value}n` : String(value);
  const name = value.constructor?.name ?? "Object";
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return `${name}(${(value as unknown[]).length})`;
  if (value instanceof Map || value instanceof Set) return `${name}(${value.size})`;
  return `${name} {…}`;
}
