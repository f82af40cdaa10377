import { OptionError } from "../tensor/errors.ts";
import { checkOptions, type Kinds } from "../tensor/options.ts";

/**
 * Options whose first one may be given by position: `new Dropout(0.2)` for `new Dropout({ p: 0.2 })`.
 * PyTorch's spelling of a name (`T_max`) is not accepted in code; it is told what it is called here.
 */
export function firstOption(who: string, kinds: Kinds, first: unknown, rest?: object): { [name: string]: unknown } {
  if (typeof first === "object" && first !== null && !Array.isArray(first)) {
    if (rest !== undefined) throw new OptionError(`${who}: give the options in one object.`);
    checkOptions(who, first, kinds);
    return given(first);
  }
  const name = Object.keys(kinds)[0]!;
  checkOptions(who, rest, kinds);
  if (first !== undefined && rest !== undefined && name in rest)
    throw new OptionError(`${who}: ${name} is given twice.`);
  const all = { [name]: first, ...rest };
  checkOptions(who, all, kinds);
  return given(all);
}

/** Without those that are undefined, which count as left out. */
function given(options: object): { [name: string]: unknown } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
