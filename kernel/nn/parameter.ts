import { DTypeError } from "../tensor/errors.ts";
import { isFloating } from "../tensor/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";

/** A tensor that a module learns: found by `parameters()`, requires a gradient unless told otherwise. */
export class Parameter extends Tensor {
  constructor(data: Tensor, requiresGrad = true) {
    if (!isFloating(data.dtype)) throw new DTypeError(`Parameter: needs float32 or float64, got ${data.dtype}.`);
    super(data.storage, data.shape, data.strides, data.offset);
    this.requiresGrad = requiresGrad;
  }
}

/** A tensor that a module keeps but does not learn, such as a running mean: part of its `stateDict()` if persistent. */
export class Buffer extends Tensor {
  // The bundler keeps the plain name for Node's.
  static {
    Object.defineProperty(this, "name", { value: "Buffer" });
  }

  readonly persistent: boolean;

  constructor(data: Tensor, persistent = true) {
    super(data.storage, data.shape, data.strides, data.offset);
    this.persistent = persistent;
  }
}
