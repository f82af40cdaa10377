import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { filled } from "../tensor/create.ts";
import { describe, ShapeError } from "../tensor/errors.ts";
import { checkOptions, type Kinds } from "../tensor/options.ts";
import { checkDim, show, type Shape } from "../tensor/shape.ts";
import { elements, view, type Tensor } from "../tensor/tensor.ts";
import { spatial, spatialKind, type Spatial } from "./convOptions.ts";
import { reshape, squeeze, unsqueeze } from "./reshape.ts";
import { pad } from "./pad.ts";
import { select } from "./slice.ts";
import { apart } from "./to.ts";
import { permute } from "./transpose.ts";

/** Windows of one dim, `step` apart; the places inside a window are `dilation` apart. */
interface Windows {
  readonly dim: number;
  readonly size: number;
  readonly step: number;
  readonly dilation: number;
}

/** How many windows fit into `length` places; 0 or less if none does. */
function countOf(length: number, { size, step, dilation }: Omit<Windows, "dim">): number {
  return Math.floor((length - dilation * (size - 1) - 1) / step) + 1;
}

const slide: Op<Windows> = defineOp({
  name: "unfold",
  forward([x], windows) {
    const { dim, size, step, dilation } = windows;
    const count = countOf(x!.shape[dim]!, windows);
    return view(
      x!,
      [...x!.shape.with(dim, count), size],
      [...x!.strides.with(dim, step * x!.strides[dim]!), dilation * x!.strides[dim]!],
    );
  },
  gradient: (g, { shapes: [shape], attributes }) => [addUp([g], { ...attributes, length: shape![attributes.dim]! })],
});

/** The reverse: windows laid over each other and added. */
const addUp: Op<Windows & { readonly length: number }> = defineOp({
  name: "fold",
  forward([g], { dim, size, step, dilation, length }) {
    const y = filled(g!.shape.slice(0, -1).with(dim, length), 0, g!.dtype);
    const { data, start } = elements(g!);
    const out = y.storage.array();
    const count = g!.shape[dim]!;
    const inner = g!.shape.slice(dim + 1, -1).reduce((a, b) => a * b, 1);
    const outer = g!.shape.slice(0, dim).reduce((a, b) => a * b, 1);
    for (let o = 0, from = start; o < outer; o++) {
      for (let n = 0; n < count; n++) {
        for (let i = 0; i < inner; i++) {
          const to = (o * length + n * step) * inner + i;
          for (let k = 0; k < size; k++) out[to + k * dilation * inner]! += data[from++]!;
        }
      }
    }
    return y;
  },
  gradient: (g, { attributes }) => [slide([g], attributes)],
});

/**
 * Windows of `size` places of a dim, `step` apart, as a new dim at the end, without copying: [n] → [(n − size) / step + 1, size].
 *
 * Gradient: the windows of g laid over each other and added.
 */
export const unfold = named("unfold", (x: Tensor, dim: number, size: number, step: number): Tensor => {
  const d = checkDim("unfold", dim, checkTensor("unfold", "x", x).ndim);
  const length = x.shape[d] ?? 1;
  if (!Number.isInteger(size) || !Number.isInteger(step) || size < 0 || size > length || step < 1) {
    throw new ShapeError(
      `unfold: needs a size from 0 to ${length}, the size of dim ${d} of ${show(x.shape)}, and a step ≥ 1, got ${describe(size)} and ${describe(step)}.`,
    );
  }
  // A single number has one window: itself.
  if (x.ndim === 0) return select(slide([reshape(x, 1)], { dim: 0, size, step, dilation: 1 }), 0, 0);
  return slide([x], { dim: d, size, step, dilation: 1 });
});

export interface PatchOptions {
  /** Distance of the places inside a patch. Default 1. */
  dilation?: Spatial;
  /** Zeros added on both sides. Default 0. */
  padding?: Spatial;
  /** Distance of the patches. Default 1. */
  stride?: Spatial;
}
export const patchKinds = { dilation: spatialKind(1), padding: spatialKind(0), stride: spatialKind(1) } satisfies Kinds;

function patches(who: string, kernelSize: Spatial, options: PatchOptions, size: Shape) {
  checkOptions(who, options, patchKinds);
  const kernel = spatial(who, "kernelSize", kernelSize, 2, 1);
  const dilation = spatial(who, "dilation", options.dilation ?? 1, 2, 1);
  const padding = spatial(who, "padding", options.padding ?? 0, 2, 0);
  const stride = spatial(who, "stride", options.stride ?? 1, 2, 1);
  const padded = size.map((n, i) => n + 2 * padding[i]!);
  const windows = [0, 1].map((i) => ({ size: kernel[i]!, step: stride[i]!, dilation: dilation[i]! }));
  const counts = windows.map((w, i) => countOf(padded[i]!, w));
  if (counts.some((n) => n < 1)) {
    throw new ShapeError(`${who}: the kernel ${show(kernel)} is larger than the padded image ${show(padded)}.`);
  }
  return { kernel, padding, padded, windows, counts };
}

/**
 * Patches of images as columns (im2col): [n, c, h, w] → [n, c · kernel, patches], also without n. A convolution is the
 * product of its weights with them.
 */
export const unfoldPatches = named("unfold", (x: Tensor, kernelSize: Spatial, options: PatchOptions = {}): Tensor => {
  if (checkTensor("unfold", "x", x).ndim === 3) return squeeze(unfoldPatches(unsqueeze(x, 0), kernelSize, options), 0);
  if (x.ndim !== 4) {
    throw new ShapeError(`unfold: needs [n, channels, height, width] or without n, got ${show(x.shape)}.`);
  }
  const { kernel, padding, windows, counts } = patches("unfold", kernelSize, options, x.shape.slice(2));
  const [top, left] = padding as [number, number];
  const padded = top === 0 && left === 0 ? x : pad(x, [left, left, top, top]);
  const rows = slide([padded], { dim: 2, ...windows[0]! });
  const both = slide([rows], { dim: 3, ...windows[1]! });
  const [n, c] = x.shape as [number, number];
  const columns = [n, c * kernel[0]! * kernel[1]!, counts[0]! * counts[1]!];
  return apart(reshape(permute(both, 0, 1, 4, 5, 2, 3), columns), x);
});

/**
 * The reverse of `nn.functional.unfold`: columns laid back as patches of an image of `outputSize`, added where they
 * overlap: [n, c · kernel, patches] → [n, c, h, w], also without n.
 */
export const fold = named(
  "fold",
  (x: Tensor, outputSize: Spatial, kernelSize: Spatial, options: PatchOptions = {}): Tensor => {
    if (checkTensor("fold", "x", x).ndim === 2)
      return squeeze(fold(unsqueeze(x, 0), outputSize, kernelSize, options), 0);
    const size = spatial("fold", "outputSize", outputSize, 2, 1);
    const { kernel, padding, padded, windows, counts } = patches("fold", kernelSize, options, size);
    const [n, columns] = x.shape as readonly [number, number];
    const c = columns / (kernel[0]! * kernel[1]!);
    if (x.ndim !== 3 || !Number.isInteger(c) || x.shape[2] !== counts[0]! * counts[1]!) {
      throw new ShapeError(
        `fold: [n, channels · ${kernel[0]! * kernel[1]!}, ${counts[0]! * counts[1]!}] is needed for an image ${show(size)} and a kernel ${show(kernel)}, got ${show(x.shape)}.`,
      );
    }
    const blocks = permute(reshape(x, [n, c, kernel[0]!, kernel[1]!, counts[0]!, counts[1]!]), ...[0, 1, 4, 5, 2, 3]);
    const rows = addUp([blocks], { dim: 3, ...windows[1]!, length: padded[1]! });
    const image = addUp([rows], { dim: 2, ...windows[0]!, length: padded[0]! });
    const [top, left] = padding as [number, number];
    return top === 0 && left === 0 ? image : pad(image, [-left, -left, -top, -top]);
  },
);
