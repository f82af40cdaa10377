import { OptionError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";

/**
 * Options whose first one may be given by position: `new Dropout(0.2)` for `new Dropout({ p: 0.2 })`.
 * PyTorch's spelling of a name (`T_max`) is not accepted in code; it is told what it is called here.
 */
export function firstOption(
  who: string,
  names: readonly string[],
  first: unknown,
  rest?: object,
): { [name: string]: unknown } {
  if (typeof first === "object" && first !== null && !Array.isArray(first)) {
    if (rest !== undefined) throw new OptionError(`${who}: give the options in one object.`);
    checkOptions(who, first, names);
    return { ...first };
  }
  checkOptions(who, rest, names);
  if (first === undefined) return { ...rest };
  if (names.length === 0) throw new OptionError(`${who}: takes no options.`);
  if (rest !== undefined && names[0]! in rest) throw new OptionError(`${who}: ${names[0]} is given twice.`);
  return { [names[0]!]: first, ...rest };
}
