import { expandTo } from "../autograd/broadcast.ts";
import { checkTensor, named } from "../autograd/functions.ts";
import { ShapeError } from "../tensor/errors.ts";
import { show, sizeArguments, type Shape, type SizeArguments } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reshape } from "./reshape.ts";
import { apart } from "./to.ts";

/** Stretches dims of size 1, and adds dims in front, without copying; -1 keeps a size. Gradient: the sum over them. */
export const expand = named("expand", (x: Tensor, ...sizes: SizeArguments): Tensor => {
  checkTensor("expand", "x", x);
  return expandTo(x, (sizes.length === 1 && Array.isArray(sizes[0]) ? sizes[0] : sizes) as Shape);
});

/** As expand. */
export const broadcastTo = named("broadcastTo", (x: Tensor, ...sizes: SizeArguments): Tensor => expand(x, ...sizes));

/** The tensor laid side by side: `counts[d]` times along dim d; more counts than dims add dims in front. Copies. */
export const repeat = named("repeat", (x: Tensor, ...counts: SizeArguments): Tensor => {
  checkTensor("repeat", "x", x);
  const times = sizeArguments("repeat", counts);
  const lead = times.length - x.ndim;
  if (lead < 0) throw new ShapeError(`repeat: ${show(x.shape)} needs at least ${x.ndim} counts, got ${show(times)}.`);
  const shape = [...Array<number>(lead).fill(1), ...x.shape];
  const stretched = expandTo(
    reshape(
      x,
      shape.flatMap((n) => [1, n]),
    ),
    shape.flatMap((n, d) => [times[d]!, n]),
  );
  const joined = reshape(
    stretched,
    shape.map((n, d) => n * times[d]!),
  );
  return apart(joined, x);
});
