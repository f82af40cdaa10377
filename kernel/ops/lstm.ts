import { gradMode } from "../autograd/mode.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { compileLoop } from "../tensor/loop.ts";
import { addressOf, copyElements, empty, packed, type Tensor } from "../tensor/tensor.ts";
import { gemm, gemmPacked, packRight } from "../wasm/gemm.ts";
import { add, mul } from "./arithmetic.ts";
import { cat, chunk, stack, unbind } from "./cat.ts";
import { flip } from "./flip.ts";
import { linear } from "./linear.ts";
import { at, biasGradient, inputGates, parts, recordedGradients, times, weightGradients } from "./recurrent.ts";
import { sigmoid } from "./sigmoid.ts";
import { narrow, select } from "./slice.ts";
import { tanh } from "./trigonometric.ts";
import { unsqueeze } from "./reshape.ts";

interface Direction {
  /** From the last time to the first. */
  readonly reverse: boolean;
  /** What the forward pass leaves for the gradient: the gates after their functions [time, batch, 4·hidden] … */
  gates: Tensor | undefined;
  /** … and the cell states [time, batch, hidden]. */
  cells: Tensor | undefined;
}

/** Gates i, f, g, o of x · W_ihᵀ + b_ih + h · W_hhᵀ + b_hh, from their arguments; then cell state and output. */
const advance = compileLoop(
  `i = 1 / (1 + exp(-i))
   f = 1 / (1 + exp(-f))
   g = tanh(g)
   o = 1 / (1 + exp(-o))
   next = f * c + i * g
   h = o * tanh(next)`,
  { operands: ["i", "f", "g", "o", "c", "next", "h"], writes: ["i", "f", "g", "o", "next", "h"] },
);

/** From the gradients by output (dh) and cell state (dc) to those by the gates' arguments, and by the cell state before. */
const retreat = compileLoop(
  `t = tanh(next)
   s = dc + dh * o * (1 - t * t)
   do = dh * t * o * (1 - o)
   di = s * g * i * (1 - i)
   df = s * c * f * (1 - f)
   dg = s * i * (1 - g * g)
   dc = s * f`,
  {
    operands: ["i", "f", "g", "o", "c", "next", "dh", "dc", "di", "df", "dg", "do"],
    writes: ["dc", "di", "df", "dg", "do"],
  },
);

/**
 * One layer and direction of an LSTM, float32: inputs x[time, batch, in], h₀ and c₀[batch, hidden], W_ih[4·hidden, in],
 * W_hh[4·hidden, hidden], and b_ih and b_hh[4·hidden] or neither → [time + 1, batch, hidden]: the outputs of all times, and
 * the last cell state.
 *
 * All times go through W_ih in one product, likewise in the gradient, where that by the weights is one product as well.
 */
const lstmLayer: Op<Direction> = defineOp({
  name: "lstm",
  forward([x, h0, c0, ih, hh, bih, bhh], direction) {
    const [time, batch] = x!.shape as [number, number, number];
    const hidden = h0!.shape[1]!;
    const four = 4 * hidden;
    const gates = inputGates(x!, ih!, bih === undefined ? [] : [bih, bhh!]);
    const y = empty([time + 1, batch, hidden], "float32");
    const cells = empty([time, batch, hidden], "float32");
    const whh = packed(hh!);
    const recurrent = packRight(hidden, four, addressOf(whh), 1, hidden);
    let [h, c] = [packed(h0!), packed(c0!)];
    for (const t of times(time, direction.reverse)) {
      const gate = addressOf(gates) + t * batch * four * 4;
      gemmPacked(batch, addressOf(h), hidden, 1, recurrent, gate, four, 1, gate, four);
      const [next, output] = [at(cells, t), at(y, t)];
      advance(next.shape, [...parts(gates, t, 4), c, next, output], []);
      [h, c] = [output, next];
    }
    recurrent.free();
    copyElements(c, y.storage.array(), time * batch * hidden);
    direction.gates = gates;
    direction.cells = cells;
    return y;
  },
  keep(y, inputs, direction) {
    const { gates, cells } = direction;
    // What is kept goes when the graph is freed; the attributes stay as long as the result does.
    direction.gates = direction.cells = undefined;
    return [...inputs, y, gates!, cells!];
  },
  gradient(g, { saved, attributes: { reverse }, needs }) {
    const inputs = saved.slice(0, -3);
    // Second derivatives: the same from basic ops.
    if (gradMode.enabled) return recordedGradients(inputs, composed(inputs, reverse), g, needs);
    const [y, gates, cells] = saved.slice(-3) as [Tensor, Tensor, Tensor];
    return backwards(inputs, y, gates, cells, packed(g), reverse, needs);
  },
});

function backwards(
  [x, h0, c0, ih, hh, bih]: readonly Tensor[],
  y: Tensor,
  gates: Tensor,
  cells: Tensor,
  g: Tensor,
  reverse: boolean,
  needs: readonly boolean[],
): (Tensor | undefined)[] {
  const [time, batch] = x!.shape as [number, number, number];
  const hidden = h0!.shape[1]!;
  const four = 4 * hidden;
  const whh = packed(hh!);
  const dgates = empty(gates.shape, "float32");
  const dc = empty([batch, hidden], "float32");
  copyElements(at(g, time), dc.storage.array(), 0);
  const carried = empty([batch, hidden], "float32");
  const recurrent = packRight(four, hidden, addressOf(whh), hidden, 1);
  const first = packed(c0!);
  const order = times(time, !reverse);
  let dh = at(g, order[0]!);
  order.forEach((t, k) => {
    const before = order[k + 1];
    const c = before === undefined ? first : at(cells, before);
    retreat(dc.shape, [...parts(gates, t, 4), c, at(cells, t), dh, dc, ...parts(dgates, t, 4)], []);
    const gate = addressOf(dgates) + t * batch * four * 4;
    // The gradient by the output before: what comes from outside, and what comes through these gates.
    const outside = before === undefined ? undefined : at(g, before);
    if (outside !== undefined) {
      gemmPacked(batch, gate, four, 1, recurrent, addressOf(outside), hidden, 1, addressOf(carried), hidden);
      dh = carried;
    } else if (needs[1]) {
      gemm(batch, hidden, four, gate, four, 1, addressOf(whh), hidden, 1, addressOf(carried), hidden, false);
    }
  });
  recurrent.free();

  const [dx, dih, dhh] = weightGradients({ x: x!, h0: h0!, y, ih: ih!, hh: hh! }, dgates, dgates, reverse, needs);
  // Both biases are added to the same sums.
  const db = bih !== undefined && (needs[5] || needs[6]) ? biasGradient(dgates) : undefined;
  return [dx, needs[1] ? carried : undefined, needs[2] ? dc : undefined, dih, dhh, db, db];
}

/** The same layer from basic ops. */
function composed([x, h0, c0, ih, hh, bih, bhh]: readonly Tensor[], reverse: boolean): Tensor {
  let [h, c] = [h0!, c0!];
  const inputs = unbind(linear(reverse ? flip(x!, 0) : x!, ih!, bih));
  const outputs = inputs.map((input) => {
    const [i, f, g, o] = chunk(add(input, linear(h, hh!, bhh)), 4, 1) as [Tensor, Tensor, Tensor, Tensor];
    c = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)));
    return (h = mul(sigmoid(o), tanh(c)));
  });
  return cat([stack(reverse ? outputs.reverse() : outputs), unsqueeze(c, 0)]);
}

/** An LSTM layer's outputs [time, batch, hidden] and its last states [batch, hidden]. */
export function lstm(
  x: Tensor,
  state: readonly [h: Tensor, c: Tensor],
  weights: readonly Tensor[],
  reverse: boolean,
): { output: Tensor; h: Tensor; c: Tensor } {
  const time = x.shape[0]!;
  const y = lstmLayer([x, ...state, ...weights], { reverse, gates: undefined, cells: undefined });
  const output = narrow(y, 0, 0, time);
  return { output, h: select(output, 0, reverse ? 0 : time - 1), c: select(y, 0, time) };
}
