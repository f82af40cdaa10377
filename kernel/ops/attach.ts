/** How ops become methods of Tensor: its class need not know the ops that are built on it. */
import { changeInPlace } from "../autograd/inplace.ts";
import { Tensor } from "../tensor/tensor.ts";

const prototype = Tensor.prototype as unknown as { [name: string | symbol]: unknown };

/** A method, written out. */
export function method(name: string | symbol, value: (this: Tensor, ...args: any[]) => unknown): void {
  Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
}

/** A property that is computed. */
export function getter(name: string, value: (x: Tensor) => unknown): void {
  Object.defineProperty(prototype, name, {
    get(this: Tensor) {
      return value(this);
    },
    configurable: true,
  });
}

/** Functions whose first argument is the tensor, as methods of the same names: `x.matmul(w)` for `matmul(x, w)`. */
export function attach(ops: object): void {
  for (const [name, op] of Object.entries(ops)) {
    const f = op as (...args: unknown[]) => unknown;
    method(name, function (...args) {
      return f(this, ...args);
    });
  }
}

/** The same as methods with a trailing underscore, which change the tensor itself: `x.add_(y)`. */
export function attachInPlace(ops: object): void {
  for (const [name, op] of Object.entries(ops)) {
    const f = op as (...args: unknown[]) => Tensor;
    method(`${name}_`, function (...args) {
      return changeInPlace(`${name}_`, this, args, (self) => f(self, ...args));
    });
  }
}
