/** What the session needs as it was before any cell ran: what a cell puts into its place must not end the session. */
export const OwnPromise = Promise;
export const OwnError = Error;

const then = Function.prototype.call.bind(Promise.prototype.then) as (
  promise: Promise<unknown>,
  onValue: (value: never) => unknown,
  onError: (error: unknown) => unknown,
) => Promise<unknown>;
const resolve = Promise.resolve.bind(Promise);

/** Calls one of the two when `value`, or what it is a promise of, is there. */
export function settled<T>(
  value: T,
  onValue: (value: Awaited<T>) => unknown,
  onError: (error: unknown) => unknown,
): void {
  void then(resolve(value) as Promise<unknown>, onValue, onError);
}
