/**
 * How values of the library appear where a notebook lists its variables. The notebook looks for the nearest prototype in
 * a table under `Symbol.for("gradbook.variables")` on `globalThis`; a value of any other class is listed by its fields.
 *
 * A description must neither change the value nor run code that a user may have put into it: `own` gives the value's own
 * data properties and nothing else, no getters and no proxies.
 */
import type { Statistics } from "./statistics.ts";

export type Own = (value: object) => { readonly [name: string]: unknown };

export interface VariableDescription {
  /** Chooses the picture beside the name. */
  readonly kind: "tensor" | "module" | "optimizer";
  /** One line: "float32 [64, 784]". */
  readonly value: string;
  readonly shape?: readonly number[];
  /** Memory of its elements. */
  readonly bytes?: number;
  /** What else a tooltip says: label and text. */
  readonly facts: readonly (readonly [label: string, text: string])[];
  /** Computed when somebody looks. */
  readonly statistics?: () => Statistics;
  /** The whole, to be copied. */
  readonly text?: () => string;
  readonly inside: {
    /** Values by name, before everything else. */
    readonly named?: readonly (readonly [name: string, value: unknown])[];
    /** Values by number. */
    readonly count?: number;
    readonly item?: (index: number) => unknown;
    /** What code writes after the value to reach one of them; "[i]" when left out. */
    readonly access?: (index: number) => string;
    /** The object's own fields, less these; none when left out. */
    readonly fieldsBut?: readonly string[];
  };
}

type Describe = (value: object, own: Own) => VariableDescription;

/** Memory in use that a notebook shows, in bytes, with the most it has been. */
export interface MemoryPart {
  readonly label: string;
  readonly bytes: number;
  readonly peak?: number;
}

const VARIABLES = Symbol.for("gradbook.variables");
const MEMORY = Symbol.for("gradbook.memory");
const surroundings = globalThis as { [VARIABLES]?: WeakMap<object, Describe>; [MEMORY]?: () => MemoryPart[] };

/** Registers how instances of a class, and of the classes derived from it, are described. */
export function describeVariables<T extends object>(
  type: { readonly prototype: T },
  describe: (value: T, own: Own) => VariableDescription,
): void {
  (surroundings[VARIABLES] ??= new WeakMap()).set(type.prototype, describe as unknown as Describe);
}

/** Tells the surroundings how to ask for the memory that tensors use. */
export function reportMemory(memory: () => MemoryPart[]): void {
  surroundings[MEMORY] = memory;
}
