import { describe, OptionError } from "./errors.ts";
import { Tensor } from "./tensor.ts";

/** What an option must be: in words, and the test. */
export type Kind = readonly [what: string, holds: (value: unknown) => boolean];
/** What each option of a function must be, by its name. */
export type Kinds = { readonly [name: string]: Kind };

const isNumber = (value: unknown): value is number => typeof value === "number";

/** Kinds of options: `checkOptions("elu", options, { alpha: is.number })`. */
export const is = {
  /** Whatever it is, it is checked where it is used. */
  any: ["", () => true],
  flag: ["true or false", (x) => typeof x === "boolean"],
  number: ["a number", (x) => isNumber(x) && !Number.isNaN(x)],
  /** A number that elements may become, NaN among them. */
  value: ["a number", isNumber],
  finite: ["a finite number", Number.isFinite],
  atLeast0: ["a number ≥ 0", (x) => isNumber(x) && x >= 0],
  positive: ["a number > 0", (x) => isNumber(x) && x > 0],
  share: ["a number from 0 to 1", (x) => isNumber(x) && x >= 0 && x <= 1],
  whole: ["a whole number", Number.isSafeInteger],
  count: ["a whole number ≥ 0", (x) => Number.isInteger(x) && (x as number) >= 0],
  from1: ["a whole number ≥ 1", (x) => Number.isInteger(x) && (x as number) >= 1],
  tensor: ["a tensor", (x) => x instanceof Tensor],
  callable: ["a function", (x) => typeof x === "function"],
  /** What an elementwise operation takes. */
  operand: ["a number or a tensor", (x) => isNumber(x) || x instanceof Tensor],
} as const satisfies Kinds;

/** One of the texts. */
export function oneOf(...texts: readonly string[]): Kind {
  const list = texts.map((text) => JSON.stringify(text));
  const words = list.length < 2 ? list.join("") : `${list.slice(0, -1).join(", ")} or ${list.at(-1)}`;
  return [words, (x) => texts.includes(x as string)];
}
/** Either kind. */
export function either(a: Kind, b: Kind): Kind {
  return [`${a[0]} or ${b[0]}`, (x) => a[1](x) || b[1](x)];
}
export const orNull = (kind: Kind): Kind => [`${kind[0]} or null`, (x) => x === null || kind[1](x)];

/**
 * Refuses options that `who` does not know, by name: notebook code is often not type-checked, and a misspelt `lr` must
 * not train with the default. Where `known` says of what kind each is, also those of another kind, which would become
 * NaN or be taken for true; one that is undefined counts as left out.
 */
export function checkOptions(who: string, options: unknown, known: readonly string[] | Kinds): void {
  if (options === undefined) return;
  const kinds = Array.isArray(known) ? undefined : (known as Kinds);
  const names = kinds === undefined ? (known as readonly string[]) : Object.keys(kinds);
  if (typeof options !== "object" || options === null || Array.isArray(options) || options instanceof Tensor) {
    throw new OptionError(`${who}: options must be an object like { ${names[0] ?? ""}: … }, got ${describe(options)}.`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (!names.includes(name)) {
      const list = names.length === 0 ? "It takes none." : `Options: ${names.join(", ")}.`;
      throw new OptionError(`${who}: unknown option ${JSON.stringify(name)}. ${list}`);
    }
    if (value !== undefined && kinds !== undefined) checkKind(who, name, value, kinds[name]!);
  }
}

/** Refuses an argument that is not of its kind. */
export function checkKind(who: string, name: string, value: unknown, [what, holds]: Kind): void {
  if (!holds(value)) throw new OptionError(`${who}: ${name} must be ${what}, got ${describe(value)}.`);
}

/** A number in a range, or an error that names the option. `range` is the condition in words: "≥ 0". */
export function checkNumber(
  who: string,
  name: string,
  value: unknown,
  range: string,
  holds: (x: number) => boolean,
): void {
  checkKind(who, name, value, [`a number ${range}`, (x) => isNumber(x) && holds(x)]);
}
