/**
 * V8 quotes the code in its messages ("$$model.v.fit is not a function"). The user wrote other code.
 */

const CALLED = /\(0 , (\$\$[^\s.()]+\.\w+)\)/g;
const BOXED = /\$\$([\p{ID_Continue}$]+)\.(?:v|peek|assign|constant|early)(?![\p{ID_Continue}$])/gu;
const IMPORTED = /\$\$from\d+\.([\p{ID_Continue}$]+)/gu;
const META = /\$gradbook\.meta\b/g;

export function cleanMessage(message: string): string {
  return message.replace(CALLED, "$1").replace(BOXED, "$1").replace(IMPORTED, "$1").replace(META, "import.meta");
}

/** Makes the message of an error speak of the user's code. Cheap, and without effect a second time. */
export function cleanError(error: unknown): void {
  if (!(error instanceof TypeError || error instanceof ReferenceError)) return;
  const { message } = error;
  if (typeof message !== "string" || !message.includes("$")) return;
  const clean = cleanMessage(message);
  if (clean !== message) error.message = clean;
}
