/**
 * The names in the code of a cell that are no names of the user: a session variable `x` is the local `$$x` (see
 * kernel/language/box.ts), beside a few of the kernel's own.
 */
const OURS =
  /^\$(?:gradbook(?:Await)?|done|k|site|module|iterable|iterator|indexed|index|step|left|open|elements|error|poll|newSite|runtime)\d*$/;
const BOX = /^\$\$(.+)$/;

export const isKernelsName = (name: string): boolean => OURS.test(name);

/** The session variable whose box is called so. */
export function boxedName(name: string): string | undefined {
  return isKernelsName(name) ? undefined : BOX.exec(name)?.[1];
}
