import { OptionError, describe } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { fillBernoulli } from "../tensor/random.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { div, mul } from "../ops/arithmetic.ts";
import { Module } from "./module.ts";
import { firstOption } from "./options.ts";

/**
 * While training, sets each element to 0 with probability p (default 0.5) and scales the others by 1/(1 − p).
 *
 * Srivastava et al. 2014, JMLR 15.
 */
export function dropout(x: Tensor, options: { p?: number; training?: boolean } = {}): Tensor {
  checkOptions("dropout", options, ["p", "training"]);
  const { p = 0.5, training = true } = options;
  checkProbability("dropout", p);
  if (!training || p === 0) return x;
  if (p === 1) return mul(x, 0);
  const mask = empty(x.shape, x.dtype);
  fillBernoulli(mask, 1 - p);
  return mul(x, div(mask, 1 - p));
}

function checkProbability(who: string, p: unknown): void {
  if (typeof p !== "number" || !(p >= 0 && p <= 1)) {
    throw new OptionError(`${who}: p must be a probability from 0 to 1, got ${describe(p)}.`);
  }
}

/** `dropout` while training, nothing in evaluation. */
export class Dropout extends Module {
  readonly p: number;

  constructor(first?: number | { p?: number }) {
    super();
    this.p = (firstOption("Dropout", ["p"], first)["p"] as number | undefined) ?? 0.5;
    checkProbability("Dropout", this.p);
  }
  override forward(x: Tensor): Tensor {
    return dropout(x, { p: this.p, training: this.training });
  }
  override extraRepr(): string {
    return `p=${this.p}`;
  }
}
