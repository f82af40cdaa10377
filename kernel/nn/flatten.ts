import { flatten, unflatten } from "../ops/reshape.ts";
import { is } from "../tensor/options.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";
import { firstOption } from "./options.ts";

/** Merges dims startDim (default 1, so that a batch stays one) … endDim (default −1). */
export class Flatten extends Module {
  readonly startDim: number;
  readonly endDim: number;

  constructor(first?: number | { startDim?: number; endDim?: number }, rest?: { endDim?: number }) {
    super();
    const { startDim = 1, endDim = -1 } = firstOption(
      "Flatten",
      { startDim: is.whole, endDim: is.whole },
      first,
      rest,
    ) as {
      [name: string]: number;
    };
    this.startDim = startDim;
    this.endDim = endDim;
  }
  override forward(x: Tensor): Tensor {
    return flatten(x, this.startDim, this.endDim);
  }
  override extraRepr(): string {
    return `startDim=${this.startDim}, endDim=${this.endDim}`;
  }
}

/** Splits a dim into several. */
export class Unflatten extends Module {
  readonly dim: number;
  readonly sizes: Shape;

  constructor(dim: number, sizes: Shape) {
    super();
    this.dim = dim;
    this.sizes = sizes;
  }
  override forward(x: Tensor): Tensor {
    return unflatten(x, this.dim, this.sizes);
  }
  override extraRepr(): string {
    return `dim=${this.dim}, sizes=[${this.sizes.join(", ")}]`;
  }
}
