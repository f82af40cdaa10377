import { grad } from "../autograd/backward.ts";
import { gradMode } from "../autograd/mode.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { filled } from "../tensor/create.ts";
import { compileLoop } from "../tensor/loop.ts";
import { addressOf, empty, packed, Tensor } from "../tensor/tensor.ts";
import { normalizeKernels } from "../wasm/normalize.ts";
import { reduceKernels } from "../wasm/reduce.ts";

/** What a fused op shares with the same thing made of basic ops, which second derivatives are taken of. */
interface Fused {
  readonly eps: number;
  /** The same result from the same inputs. */
  readonly composed: (inputs: readonly Tensor[]) => Tensor;
  /** What the forward pass leaves for the gradient. */
  state: Tensor | undefined;
}

/** The gradients by way of basic ops: recorded, so that they can be differentiated. */
function recorded(
  { composed }: Fused,
  inputs: readonly Tensor[],
  g: Tensor,
  needs: readonly boolean[],
): (Tensor | undefined)[] {
  const wanted = inputs.filter((_, k) => needs[k]);
  const found = grad(composed(inputs), wanted, { gradOutputs: g, createGraph: true });
  return inputs.map((x, k) => (needs[k] ? found[wanted.indexOf(x)] : undefined));
}
function keep(inputs: readonly Tensor[], fused: Fused): Tensor[] {
  const { state } = fused;
  // What is kept goes when the graph is freed; the attributes stay as long as the result does.
  fused.state = undefined;
  return [...inputs, state!];
}

/** Rows of x and what is left of a shape: weight and bias have its last dims. */
function rowsOf(x: Tensor, count: number): number {
  return x.numel() / count;
}
/** As it is, or as many equal numbers where there is none. */
function orFilled(x: Tensor | undefined, count: number, value: number): Tensor {
  return x === undefined ? filled([count], value, "float32") : packed(x);
}

/**
 * Rows of x[…, count] standardised, then · weight + bias [count] (both, the weight, or neither), float32. The last dims
 * that make up `count` may be several.
 */
export const normalizeRows: Op<Fused & { readonly count: number }> = defineOp({
  name: "layerNorm",
  forward([x, weight, bias], fused) {
    const { count, eps } = fused;
    const rows = rowsOf(x!, count);
    const [source, w, b] = [packed(x!), orFilled(weight, count, 1), orFilled(bias, count, 0)];
    const y = empty(x!.shape, "float32");
    const state = (fused.state = empty([rows, 2], "float32"));
    const places = [addressOf(source), addressOf(w), addressOf(b), addressOf(y), addressOf(state)] as const;
    normalizeKernels().forward(rows, count, ...places, eps);
    return y;
  },
  keep: (_y, inputs, fused) => keep(inputs, fused),
  gradient(g, { saved, attributes: fused, needs }) {
    const inputs = saved.slice(0, -1);
    if (gradMode.enabled) return recorded(fused, inputs, g, needs);
    const [x, weight, bias] = inputs as [Tensor, Tensor | undefined, Tensor | undefined];
    const state = saved.at(-1)!;
    const { count } = fused;
    const rows = rowsOf(x, count);
    const [source, dy] = [packed(x), packed(g)];
    const gradients: (Tensor | undefined)[] = [];
    if (needs[0]) {
      const w = orFilled(weight, count, 1);
      const dx = (gradients[0] = empty(x.shape, "float32"));
      const places = [addressOf(source), addressOf(w), addressOf(dy), addressOf(state), addressOf(dx)] as const;
      normalizeKernels().backward(rows, count, ...places);
    }
    if (needs[1]) {
      const terms = empty(x.shape, "float32");
      const places = [addressOf(source), addressOf(dy), addressOf(state), addressOf(terms)] as const;
      normalizeKernels().weighted(rows, count, ...places);
      const dw = (gradients[1] = empty(weight!.shape, "float32"));
      reduceKernels().sumColumns(1, rows, count, addressOf(terms), addressOf(dw), 1);
    }
    if (needs[2]) {
      const db = (gradients[2] = empty(bias!.shape, "float32"));
      reduceKernels().sumColumns(1, rows, count, addressOf(dy), addressOf(db), 1);
    }
    return gradients;
  },
});

const standardise = compileLoop("y = (x - mean) * root * weight + bias", {
  operands: ["y", "x", "mean", "root", "weight", "bias"],
  writes: ["y"],
});
/** With root = 1/√(variance + eps): dx = weight · root · (g − mean of g − (x − mean) root² · mean of g (x − mean)). */
const undo = compileLoop("y = weight * root * (g - a - (x - mean) * (root * root * b))", {
  operands: ["y", "g", "x", "mean", "root", "weight", "a", "b"],
  writes: ["y"],
});
const rootOf = compileLoop("y = 1 / sqrt(x + eps)", { operands: ["y", "x"], writes: ["y"], scalars: ["eps"] });
const multiply = compileLoop("y = a * b", { operands: ["y", "a", "b"], writes: ["y"] });

/** Sums [outer, channels] → [channels], divided. */
function perChannel(parts: Tensor, divisor: number): Tensor {
  const [outer, channels] = parts.shape as [number, number];
  const y = empty([channels], "float32");
  reduceKernels().sumColumns(1, outer, channels, addressOf(parts), addressOf(y), divisor);
  return y;
}
const along = (x: Tensor): Tensor => new Tensor(x.storage, [x.numel(), 1], undefined, x.offset, true);

/** Mean and variance (without correction) of each channel of x[outer, channels, count]: `statistics` of a batch norm. */
export function channelMoments(x: Tensor): { mean: Tensor; variance: Tensor } {
  const [outer, channels, count] = x.shape as [number, number, number];
  const source = packed(x);
  const parts = empty([outer, channels], "float32");
  reduceKernels().sumRows(outer * channels, count, addressOf(source), addressOf(parts), 1);
  const mean = perChannel(parts, outer * count);
  normalizeKernels().squares(outer, channels, count, addressOf(source), addressOf(mean), addressOf(parts));
  return { mean, variance: perChannel(parts, outer * count) };
}

/**
 * Channels of x[outer, channels, count] standardised by the mean and variance given, which are those of x itself, then
 * · weight + bias [channels] (both, or neither), float32.
 */
export const normalizeChannels: Op<Fused & { readonly mean: Tensor; readonly variance: Tensor }> = defineOp({
  name: "batchNorm",
  forward([x, weight, bias], fused) {
    const channels = x!.shape[1]!;
    const root = (fused.state = empty([channels], "float32"));
    rootOf(root.shape, [root, fused.variance], [fused.eps]);
    const y = empty(x!.shape, "float32");
    const [w, b] = [orFilled(weight, channels, 1), orFilled(bias, channels, 0)];
    standardise(x!.shape, [y, packed(x!), along(fused.mean), along(root), along(w), along(b)], []);
    return y;
  },
  keep: (_y, inputs, fused) => keep(inputs, fused),
  gradient(g, { saved, attributes: fused, needs }) {
    const inputs = saved.slice(0, -1);
    if (gradMode.enabled) return recorded(fused, inputs, g, needs);
    const [x, weight] = inputs as [Tensor, Tensor | undefined];
    const root = saved.at(-1)!;
    const { mean } = fused;
    const [outer, channels, count] = x.shape as [number, number, number];
    const [source, dy] = [packed(x), packed(g)];
    const [sums, products] = [empty([outer, channels], "float32"), empty([outer, channels], "float32")];
    const places = [addressOf(source), addressOf(dy), addressOf(mean), addressOf(sums), addressOf(products)] as const;
    normalizeKernels().products(outer, channels, count, ...places);
    const gradients: (Tensor | undefined)[] = [];
    if (needs[0]) {
      const [a, b] = [perChannel(sums, outer * count), perChannel(products, outer * count)];
      const dx = (gradients[0] = empty(x.shape, "float32"));
      const w = orFilled(weight, channels, 1);
      undo(x.shape, [dx, dy, source, along(mean), along(root), along(w), along(a), along(b)], []);
    }
    if (needs[1]) {
      const dw = (gradients[1] = empty([channels], "float32"));
      multiply(dw.shape, [dw, perChannel(products, 1), root], []);
    }
    if (needs[2]) gradients[2] = perChannel(sums, 1);
    return gradients;
  },
});
