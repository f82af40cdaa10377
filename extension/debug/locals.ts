/**
 * The lists of variables as the user wrote them. Compiled cells hold a session variable `x` as the local `$$x` (see
 * kernel/language/box.ts), beside a few names of the kernel's own.
 */

/** As far as we look at it. Source: Debug Adapter Protocol, `Variable`. */
interface Variable {
  name: string;
  evaluateName?: string;
}

const OURS =
  /^\$(?:gradbook|k|site|module|iterable|iterator|indexed|index|step|left|open|elements|error|poll|newSite|runtime)\d*$/;
const BOX = /^\$\$(.+)$/;

export function renameLocals(message: unknown): void {
  const { type, command, body } = message as { type?: string; command?: string; body?: { variables?: Variable[] } };
  if (type !== "response" || command !== "variables" || !body?.variables) return;
  const names = new Set(body.variables.map(({ name }) => name));
  body.variables = body.variables.filter(({ name }) => {
    const boxed = BOX.exec(name)?.[1];
    return boxed === undefined ? !OURS.test(name) : !names.has(boxed);
  });
  for (const variable of body.variables) {
    const boxed = BOX.exec(variable.name)?.[1];
    if (boxed === undefined) continue;
    variable.name = boxed;
    variable.evaluateName = `${boxed}`;
  }
}
