import { elementwise, onlyFloating } from "../autograd/elementwise.ts";
import { named, toTensors, type Operand } from "../autograd/functions.ts";
import { checkOptions, is } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add, div, mul } from "./arithmetic.ts";
import { bmm, mm, mv, outer } from "./matmul.ts";

export interface AddProductOptions {
  /** Factor of the first tensor. Default 1. At 0 it is not looked at, NaN in it included. */
  beta?: number;
  /** Factor of the product. Default 1. */
  alpha?: number;
}

function family(who: string, product: (a: Tensor, b: Tensor) => Tensor) {
  return named(who, (x: Tensor, a: Tensor, b: Tensor, options: AddProductOptions = {}): Tensor => {
    checkOptions(who, options, { beta: is.number, alpha: is.number });
    const { beta = 1, alpha = 1 } = options;
    const y = alpha === 1 ? product(a, b) : mul(product(a, b), alpha);
    if (beta === 0) return y;
    return add(beta === 1 ? x : mul(x, beta), y);
  });
}

/** beta · x + alpha · a·b for matrices; x broadcasts. */
export const addmm = family("addmm", mm);
/** beta · x + alpha · a·b for a matrix and a vector. */
export const addmv = family("addmv", mv);
/** beta · x + alpha · the outer product of two vectors. */
export const addr = family("addr", outer);
/** beta · x + alpha · a·b for two stacks of matrices, one product each. */
export const baddbmm = family("baddbmm", bmm);

/** x + value · a · b, elementwise with broadcasting. */
export const addcmul = named("addcmul", (x: Tensor, a: Tensor, b: Tensor, options: { value?: number } = {}): Tensor => {
  checkOptions("addcmul", options, { value: is.value });
  return add(x, mul(mul(a, b), options.value ?? 1));
});
/** x + value · a / b, elementwise with broadcasting. */
export const addcdiv = named("addcdiv", (x: Tensor, a: Tensor, b: Tensor, options: { value?: number } = {}): Tensor => {
  checkOptions("addcdiv", options, { value: is.value });
  return add(x, mul(div(a, b), options.value ?? 1));
});

// Counted from the nearer end, as in PyTorch, so that weight 1 gives exactly b.
const between = elementwise({
  name: "lerp",
  dtype: onlyFloating("lerp"),
  formula: "abs(w) < 0.5 ? a + w * (b - a) : b - (b - a) * (1 - w)",
  inputs: ["a", "b", "w"],
});

/** a + weight · (b − a): from a at weight 0 to b at weight 1, elementwise with broadcasting. */
export const lerp = named("lerp", (a: Tensor, b: Operand, weight: Operand): Tensor => {
  const [from, end, share] = toTensors("lerp", a, b, weight) as [Tensor, Tensor, Tensor];
  return between([from, end, share]);
});
