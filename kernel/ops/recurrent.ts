/** What the fused recurrent layers share: float32, gates of all times in one tensor [time, batch, gates · hidden]. */
import { grad } from "../autograd/backward.ts";
import { filled } from "../tensor/create.ts";
import { compileLoop } from "../tensor/loop.ts";
import { addressOf, empty, packed, view, type Tensor } from "../tensor/tensor.ts";
import { gemm, gemmFrom } from "../wasm/gemm.ts";
import { reduceKernels } from "../wasm/reduce.ts";

/** The parts of gates[time, batch, count · hidden] at time t, each [batch, hidden]. */
export function parts(gates: Tensor, t: number, count: number): Tensor[] {
  const [, batch, width] = gates.shape as [number, number, number];
  const hidden = width / count;
  return Array.from({ length: count }, (_, k) =>
    view(gates, [batch, hidden], [width, 1], gates.offset + t * batch * width + k * hidden),
  );
}
/** x[t] of x[time, batch, hidden] that lies without gaps. */
export function at(x: Tensor, t: number): Tensor {
  const [, batch, hidden] = x.shape as [number, number, number];
  return view(x, [batch, hidden], [hidden, 1], x.offset + t * batch * hidden);
}
/** 0, 1, … or backwards. */
export function times(time: number, reverse: boolean): number[] {
  const order = Array.from({ length: time }, (_, t) => t);
  return reverse ? order.reverse() : order;
}

const add = compileLoop("y = y + x", { operands: ["y", "x"], writes: ["y"] });

/** x[time, batch, in] · weight[width, in]ᵀ + the sum of the biases [width], for all times in one product. */
export function inputGates(x: Tensor, weight: Tensor, biases: readonly Tensor[]): Tensor {
  const [time, batch, size] = x.shape as [number, number, number];
  const width = weight.shape[0]!;
  const bias = filled([width], 0, "float32");
  for (const b of biases) add(bias.shape, [bias, b], []);
  const [input, w] = [packed(x), packed(weight)];
  const gates = empty([time, batch, width], "float32");
  // prettier-ignore
  gemmFrom(
    time * batch, width, size, addressOf(input), size, 1, addressOf(w), 1, size,
    addressOf(bias), 0, 1, addressOf(gates), width,
  );
  return gates;
}

interface Layer {
  readonly x: Tensor;
  /** The state before the first time [batch, hidden]. */
  readonly h0: Tensor;
  /** The outputs, at least [time, batch, hidden] without gaps. */
  readonly y: Tensor;
  /** Weights of the input … */
  readonly ih: Tensor;
  /** … and of the state. */
  readonly hh: Tensor;
}

/**
 * Gradients by x, W_ih and W_hh from those by the arguments of the gates: `dx` for what comes from the input, `dh` for what
 * comes from the state. One product each, over all times.
 *
 * @param needs of the inputs x, h₀, (c₀,) W_ih, W_hh, …: only whether x and the weights are wanted is read.
 */
export function weightGradients(
  { x, h0, y, ih, hh }: Layer,
  dx: Tensor,
  dh: Tensor,
  reverse: boolean,
  needs: readonly boolean[],
  firstWeight = 3,
): [x: Tensor | undefined, ih: Tensor | undefined, hh: Tensor | undefined] {
  const [time, batch, size] = x.shape as [number, number, number];
  const hidden = h0.shape[1]!;
  const width = ih.shape[0]!;
  const all = time * batch;
  let byX: Tensor | undefined;
  if (needs[0]) {
    byX = empty(x.shape, "float32");
    const w = packed(ih);
    gemm(all, size, width, addressOf(dx), width, 1, addressOf(w), size, 1, addressOf(byX), size, false);
  }
  let byIh: Tensor | undefined;
  if (needs[firstWeight]) {
    byIh = empty(ih.shape, "float32");
    const input = packed(x);
    gemm(width, size, all, addressOf(dx), 1, width, addressOf(input), size, 1, addressOf(byIh), size, false);
  }
  let byHh: Tensor | undefined;
  if (needs[firstWeight + 1]) {
    byHh = empty(hh.shape, "float32");
    const [start, to] = [packed(h0), addressOf(byHh)];
    const first = addressOf(at(dh, reverse ? time - 1 : 0));
    gemm(width, hidden, batch, first, 1, width, addressOf(start), hidden, 1, to, hidden, false);
    // Each time's gates beside the output before it: all but the first gates, all but the last output.
    const [later, earlier] = time === 1 ? [0, 0] : reverse ? [0, 1] : [1, 0];
    const [gates, outputs] = [addressOf(at(dh, later)), addressOf(at(y, earlier))];
    gemm(width, hidden, (time - 1) * batch, gates, 1, width, outputs, hidden, 1, to, hidden, true);
  }
  return [byX, byIh, byHh];
}

/** The sum over times and batch. */
export function biasGradient(dgates: Tensor): Tensor {
  const [time, batch, width] = dgates.shape as [number, number, number];
  const db = empty([width], "float32");
  reduceKernels().sumColumns(1, time * batch, width, addressOf(dgates), addressOf(db), 1);
  return db;
}

/**
 * The gradients of a layer's inputs for the gradient `g` of its result, recorded: `result` is the layer made of basic ops,
 * whose gradients can be differentiated.
 */
export function recordedGradients(
  inputs: readonly Tensor[],
  result: Tensor,
  g: Tensor,
  needs: readonly boolean[],
): (Tensor | undefined)[] {
  const wanted = inputs.filter((_, k) => needs[k]);
  const found = grad(result, wanted, { gradOutputs: g, createGraph: true, allowUnused: true });
  return inputs.map((x, k) => (needs[k] ? found[wanted.indexOf(x)] : undefined));
}
