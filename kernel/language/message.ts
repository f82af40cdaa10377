/**
 * V8 quotes the code in its messages ("$$model.v.fit is not a function"). The user wrote other code.
 */

const CALLED = /\(0 , (\$\$[^\s.()]+\.\w+)\)/g;
const BOXED = /\$\$([\p{ID_Continue}$]+)\.(?:v|peek|assign|constant|early)(?![\p{ID_Continue}$])/gu;
const IMPORTED = /\$\$from\d+\.([\p{ID_Continue}$]+)/gu;
const META = /\$gradbook\.meta\b/g;
const NO_ITERATOR = /^(.*)\[Symbol\.iterator\] is not a function$/s;
const NO_ITERABLE = /^(.* is not iterable) \(cannot read property Symbol\(Symbol\.iterator\)\)$/s;

export function cleanMessage(message: string): string {
  return message
    .replace(CALLED, "$1")
    .replace(BOXED, "$1")
    .replace(IMPORTED, "$1")
    .replace(META, "import.meta")
    .replace(NO_ITERATOR, "$1 is not iterable")
    .replace(NO_ITERABLE, "$1");
}

/** Makes the message of an error speak of the user's code. Cheap, and without effect a second time. */
export function cleanError(error: unknown): void {
  if (!(error instanceof TypeError || error instanceof ReferenceError)) return;
  const { message } = error;
  if (typeof message !== "string" || !(message.includes("$") || message.includes("Symbol.iterator"))) return;
  const clean = cleanMessage(message);
  if (clean !== message) error.message = clean;
}
