/**
 * What the code of `for … of` calls. Arrays are read by index, which is what their iterator does and faster than asking it;
 * only while the iterator of arrays is the language's own.
 */
const arrayValues = Array.prototype[Symbol.iterator] as unknown;
const typedPrototype = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
const typedValues = typedPrototype[Symbol.iterator] as unknown;
const steps = Object.getPrototypeOf([][Symbol.iterator]()) as { next: unknown };
const { next } = steps;

function isIndexed(value: unknown): boolean {
  if (steps.next !== next) return false;
  if (Array.isArray(value)) return (value as { [Symbol.iterator]: unknown })[Symbol.iterator] === arrayValues;
  return ArrayBuffer.isView(value) && (value as Uint8Array)[Symbol.iterator] === typedValues;
}

/**
 * The iterator of a `for … of`; undefined when the elements are to be read by index.
 * @param text how the user has written `iterable`, for the message.
 */
export function iteratorOf(iterable: unknown, text: string): Iterator<unknown> | undefined {
  if (isIndexed(iterable)) return undefined;
  const method: unknown = (iterable as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator];
  if (typeof method !== "function") throw new TypeError(`${text} is not iterable`);
  return method.call(iterable) as Iterator<unknown>;
}

/** The value of `const [a, b] = value`, readable by index up to `count`. */
export function elementsOf(value: unknown, count: number): ArrayLike<unknown> {
  if (isIndexed(value)) return value as ArrayLike<unknown>;
  const elements: unknown[] = [];
  const iterator = iteratorOf(value, describe(value))!;
  for (let i = 0; i < count; i++) {
    const step = iterator.next();
    if (step.done === true) return elements;
    elements.push(step.value);
  }
  iterator.return?.();
  return elements;
}

function describe(value: unknown): string {
  return value === null || typeof value === "object" || typeof value === "function"
    ? Object.prototype.toString.call(value)
    : String(value);
}
