import { checkTensor } from "../autograd/functions.ts";
import { noGrad } from "../autograd/mode.ts";
import { cat } from "../ops/cat.ts";
import { reshape } from "../ops/reshape.ts";
import { narrow } from "../ops/slice.ts";
import { ShapeError } from "../tensor/errors.ts";
import { show } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** All elements of all parameters, one after the other: [n]. Recorded, so that a gradient leads back to them. */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
  const list = [...parameters].map((x, i) => reshape(checkTensor("parametersToVector", `parameter ${i}`, x), -1));
  if (list.length === 0) throw new ShapeError("parametersToVector: there are no parameters.");
  return cat(list);
}

/** The reverse: copies the elements of a vector into the parameters, in order. */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Tensor>): void {
  const list = [...parameters];
  const needed = list.reduce((sum, x, i) => sum + checkTensor("vectorToParameters", `parameter ${i}`, x).numel(), 0);
  if (checkTensor("vectorToParameters", "vector", vector).ndim !== 1 || vector.shape[0] !== needed) {
    throw new ShapeError(`vectorToParameters: the parameters need a vector [${needed}], got ${show(vector.shape)}.`);
  }
  noGrad(() => {
    let at = 0;
    for (const x of list) {
      x.copy_(reshape(narrow(vector, 0, at, x.numel()), x.shape));
      at += x.numel();
    }
  });
}
