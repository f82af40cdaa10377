import type { Element, VariableElement } from "../variables/element.ts";

/** The row of the variables view that a command is for: a menu gives it. */
export function variableOf(argument: unknown): VariableElement | undefined {
  const element = argument as Element | undefined;
  return element?.type === "variable" ? element : undefined;
}
