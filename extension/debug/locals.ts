/**
 * The lists of variables as the user wrote them. Compiled cells hold a session variable `x` as the local `$$x` (see
 * kernel/language/box.ts), beside a few names of the kernel's own.
 */

import { boxedName, isKernelsName } from "../../kernel/client/localNames.ts";

/** As far as we look at it. Source: Debug Adapter Protocol, `Variable`. */
interface Variable {
  name: string;
  evaluateName?: string;
}

export function renameLocals(message: unknown): void {
  const { type, command, body } = message as { type?: string; command?: string; body?: { variables?: Variable[] } };
  if (type !== "response" || command !== "variables" || !body?.variables) return;
  const names = new Set(body.variables.map(({ name }) => name));
  body.variables = body.variables.filter(({ name }) => {
    const boxed = boxedName(name);
    return boxed === undefined ? !isKernelsName(name) : !names.has(boxed);
  });
  for (const variable of body.variables) {
    const boxed = boxedName(variable.name);
    if (boxed === undefined) continue;
    variable.name = boxed;
    variable.evaluateName = `${boxed}`;
  }
}
