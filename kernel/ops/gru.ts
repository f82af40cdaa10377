import { gradMode } from "../autograd/mode.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { filled } from "../tensor/create.ts";
import { compileLoop } from "../tensor/loop.ts";
import { addressOf, empty, packed, type Tensor } from "../tensor/tensor.ts";
import { gemmPacked, packRight } from "../wasm/gemm.ts";
import { add, mul, sub } from "./arithmetic.ts";
import { chunk, stack, unbind } from "./cat.ts";
import { flip } from "./flip.ts";
import { linear } from "./linear.ts";
import { at, biasGradient, inputGates, parts, recordedGradients, times, weightGradients } from "./recurrent.ts";
import { sigmoid } from "./sigmoid.ts";
import { tanh } from "./trigonometric.ts";

interface Direction {
  /** From the last time to the first. */
  readonly reverse: boolean;
  /** What the forward pass leaves for the gradient: r, z, n of all times [time, batch, 3·hidden] … */
  gates: Tensor | undefined;
  /** … and the state's part of n before r is multiplied on [time, batch, hidden]. */
  inner: Tensor | undefined;
}

/** From the arguments' input part (r, z, n) and state part (hr, hz, hn) to the gates and the new state. */
const advance = compileLoop(
  `r = 1 / (1 + exp(-(r + hr)))
   z = 1 / (1 + exp(-(z + hz)))
   inner = hn
   n = tanh(n + r * hn)
   next = n + z * (h - n)`,
  { operands: ["r", "z", "n", "hr", "hz", "hn", "h", "inner", "next"], writes: ["r", "z", "n", "inner", "next"] },
);

/**
 * From the gradient by the new state (dh) to those by the arguments: by the input part xr, xz, xn, by the state part the
 * same but for hn; and by the state before, as far as it does not go through the gates (dh).
 */
const retreat = compileLoop(
  `xn = dh * (1 - z) * (1 - n * n)
   xz = dh * (h - n) * z * (1 - z)
   xr = xn * inner * r * (1 - r)
   hn = xn * r
   hr = xr
   hz = xz
   dh = dh * z`,
  {
    operands: ["r", "z", "n", "inner", "h", "dh", "xr", "xz", "xn", "hr", "hz", "hn"],
    writes: ["dh", "xr", "xz", "xn", "hr", "hz", "hn"],
  },
);
const increase = compileLoop("y = y + x", { operands: ["y", "x"], writes: ["y"] });

/**
 * One layer and direction of a GRU, float32: inputs x[time, batch, in], h₀[batch, hidden], W_ih[3·hidden, in],
 * W_hh[3·hidden, hidden], and b_ih and b_hh[3·hidden] or neither → the outputs of all times [time, batch, hidden].
 */
const gruLayer: Op<Direction> = defineOp({
  name: "gru",
  forward([x, h0, ih, hh, bih, bhh], direction) {
    const [time, batch] = x!.shape as [number, number, number];
    const hidden = h0!.shape[1]!;
    const three = 3 * hidden;
    const gates = inputGates(x!, ih!, bih === undefined ? [] : [bih]);
    const bias = bhh === undefined ? filled([three], 0, "float32") : packed(bhh);
    const y = empty([time, batch, hidden], "float32");
    const inner = empty([time, batch, hidden], "float32");
    const states = empty([1, batch, three], "float32");
    const whh = packed(hh!);
    const recurrent = packRight(hidden, three, addressOf(whh), 1, hidden);
    let h = packed(h0!);
    for (const t of times(time, direction.reverse)) {
      gemmPacked(batch, addressOf(h), hidden, 1, recurrent, addressOf(bias), 0, 1, addressOf(states), three);
      const next = at(y, t);
      advance(next.shape, [...parts(gates, t, 3), ...parts(states, 0, 3), h, at(inner, t), next], []);
      h = next;
    }
    recurrent.free();
    direction.gates = gates;
    direction.inner = inner;
    return y;
  },
  keep(y, inputs, direction) {
    const { gates, inner } = direction;
    // What is kept goes when the graph is freed; the attributes stay as long as the result does.
    direction.gates = direction.inner = undefined;
    return [...inputs, y, gates!, inner!];
  },
  gradient(g, { saved, attributes: { reverse }, needs }) {
    const inputs = saved.slice(0, -3);
    // Second derivatives: the same from basic ops.
    if (gradMode.enabled) return recordedGradients(inputs, composed(inputs, reverse), g, needs);
    const [y, gates, inner] = saved.slice(-3) as [Tensor, Tensor, Tensor];
    return backwards(inputs, y, gates, inner, packed(g), reverse, needs);
  },
});

function backwards(
  [x, h0, ih, hh, bih]: readonly Tensor[],
  y: Tensor,
  gates: Tensor,
  inner: Tensor,
  g: Tensor,
  reverse: boolean,
  needs: readonly boolean[],
): (Tensor | undefined)[] {
  const [time, batch] = x!.shape as [number, number, number];
  const hidden = h0!.shape[1]!;
  const three = 3 * hidden;
  const whh = packed(hh!);
  const [byInput, byState] = [empty(gates.shape, "float32"), empty(gates.shape, "float32")];
  const dh = filled([batch, hidden], 0, "float32");
  const recurrent = packRight(three, hidden, addressOf(whh), hidden, 1);
  const first = packed(h0!);
  const order = times(time, !reverse);
  order.forEach((t, k) => {
    const before = order[k + 1];
    const h = before === undefined ? first : at(y, before);
    // What comes from outside, and what came through the gates of the time after.
    increase(dh.shape, [dh, at(g, t)], []);
    const arguments_ = [...parts(byInput, t, 3), ...parts(byState, t, 3)];
    retreat(dh.shape, [...parts(gates, t, 3), at(inner, t), h, dh, ...arguments_], []);
    const state = addressOf(at(byState, t));
    gemmPacked(batch, state, three, 1, recurrent, addressOf(dh), hidden, 1, addressOf(dh), hidden);
  });
  recurrent.free();
  const layer = { x: x!, h0: h0!, y, ih: ih!, hh: hh! };
  const [dx, dih, dhh] = weightGradients(layer, byInput, byState, reverse, needs, 2);
  const biases =
    bih === undefined
      ? []
      : [needs[4] ? biasGradient(byInput) : undefined, needs[5] ? biasGradient(byState) : undefined];
  return [dx, needs[1] ? dh : undefined, dih, dhh, ...biases];
}

/** The same layer from basic ops. */
function composed([x, h0, ih, hh, bih, bhh]: readonly Tensor[], reverse: boolean): Tensor {
  let h = h0!;
  const inputs = unbind(linear(reverse ? flip(x!, 0) : x!, ih!, bih));
  const outputs = inputs.map((input) => {
    const [xr, xz, xn] = chunk(input, 3, 1) as [Tensor, Tensor, Tensor];
    const [hr, hz, hn] = chunk(linear(h, hh!, bhh), 3, 1) as [Tensor, Tensor, Tensor];
    const n = tanh(add(xn, mul(sigmoid(add(xr, hr)), hn)));
    return (h = add(n, mul(sigmoid(add(xz, hz)), sub(h, n))));
  });
  return stack(reverse ? outputs.reverse() : outputs);
}

/** A GRU layer's outputs [time, batch, hidden]. */
export function gru(x: Tensor, h0: Tensor, weights: readonly Tensor[], reverse: boolean): Tensor {
  return gruLayer([x, h0, ...weights], { reverse, gates: undefined, inner: undefined });
}
