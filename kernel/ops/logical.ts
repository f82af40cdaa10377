import { boolean } from "../autograd/elementwise.ts";
import { binary, unary } from "../autograd/functions.ts";

const logic = { dtype: boolean, differentiable: false };

/** Both are not 0. */
export const logicalAnd = binary("logicalAnd", "a != 0 && b != 0", logic);
/** One of them is not 0. */
export const logicalOr = binary("logicalOr", "a != 0 || b != 0", logic);
/** Exactly one of them is not 0. */
export const logicalXor = binary("logicalXor", "(a != 0) != (b != 0)", logic);
/** It is 0. */
export const logicalNot = unary("logicalNot", "x == 0", logic);
