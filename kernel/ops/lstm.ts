import { grad } from "../autograd/backward.ts";
import { gradMode } from "../autograd/mode.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { filled } from "../tensor/create.ts";
import { compileLoop } from "../tensor/loop.ts";
import { addressOf, copyElements, empty, packed, view, type Tensor } from "../tensor/tensor.ts";
import { gemm, gemmFrom, gemmPacked, packRight } from "../wasm/gemm.ts";
import { reduceKernels } from "../wasm/reduce.ts";
import { add, mul } from "./arithmetic.ts";
import { cat, chunk, stack, unbind } from "./cat.ts";
import { flip } from "./flip.ts";
import { linear } from "./linear.ts";
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

const addBoth = compileLoop("y = a + b", { operands: ["y", "a", "b"], writes: ["y"] });

/** The four parts of gates[time, batch, 4·hidden] at time t, each [batch, hidden]. */
function parts(gates: Tensor, t: number): [i: Tensor, f: Tensor, g: Tensor, o: Tensor] {
  const [, batch, four] = gates.shape as [number, number, number];
  const hidden = four / 4;
  const part = (k: number): Tensor =>
    view(gates, [batch, hidden], [four, 1], gates.offset + t * batch * four + k * hidden);
  return [part(0), part(1), part(2), part(3)];
}
/** x[t] of x[time, batch, hidden] that lies without gaps. */
function at(x: Tensor, t: number): Tensor {
  const [, batch, hidden] = x.shape as [number, number, number];
  return view(x, [batch, hidden], [hidden, 1], x.offset + t * batch * hidden);
}
function times(time: number, reverse: boolean): number[] {
  const order = Array.from({ length: time }, (_, t) => t);
  return reverse ? order.reverse() : order;
}

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
    const [time, batch, size] = x!.shape as [number, number, number];
    const hidden = h0!.shape[1]!;
    const four = 4 * hidden;
    const input = packed(x!);
    const [wih, whh] = [packed(ih!), packed(hh!)];
    const bias = filled([four], 0, "float32");
    if (bih !== undefined) addBoth(bias.shape, [bias, bih, bhh!], []);
    const gates = empty([time, batch, four], "float32");
    const y = empty([time + 1, batch, hidden], "float32");
    const cells = empty([time, batch, hidden], "float32");
    // prettier-ignore
    gemmFrom(
      time * batch, four, size, addressOf(input), size, 1, addressOf(wih), 1, size,
      addressOf(bias), 0, 1, addressOf(gates), four,
    );
    const recurrent = packRight(hidden, four, addressOf(whh), 1, hidden);
    let [h, c] = [packed(h0!), packed(c0!)];
    for (const t of times(time, direction.reverse)) {
      const gate = addressOf(gates) + t * batch * four * 4;
      gemmPacked(batch, addressOf(h), hidden, 1, recurrent, gate, four, 1, gate, four);
      const [next, output] = [at(cells, t), at(y, t)];
      advance(next.shape, [...parts(gates, t), c, next, output], []);
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
    if (gradMode.enabled) {
      // Second derivatives: the same from basic ops, whose gradients can be differentiated.
      const wanted = inputs.filter((_, k) => needs[k]);
      const found = grad(composed(inputs, reverse), wanted, { gradOutputs: g, createGraph: true, allowUnused: true });
      return inputs.map((_, k) => (needs[k] ? found[wanted.indexOf(inputs[k]!)] : undefined));
    }
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
  const [time, batch, size] = x!.shape as [number, number, number];
  const hidden = h0!.shape[1]!;
  const four = 4 * hidden;
  const [whh, wih] = [packed(hh!), packed(ih!)];
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
    retreat(dc.shape, [...parts(gates, t), c, at(cells, t), dh, dc, ...parts(dgates, t)], []);
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

  const all = time * batch;
  const from = addressOf(dgates);
  const gradients: (Tensor | undefined)[] = [undefined, needs[1] ? carried : undefined, needs[2] ? dc : undefined];
  if (needs[0]) {
    const dx = (gradients[0] = empty(x!.shape, "float32"));
    gemm(all, size, four, from, four, 1, addressOf(wih), size, 1, addressOf(dx), size, false);
  }
  if (needs[3]) {
    const input = packed(x!);
    const dih = (gradients[3] = empty(ih!.shape, "float32"));
    gemm(four, size, all, from, 1, four, addressOf(input), size, 1, addressOf(dih), size, false);
  }
  if (needs[4]) {
    const start = packed(h0!);
    const dhh = (gradients[4] = empty(hh!.shape, "float32"));
    const last = reverse ? time - 1 : 0;
    const gate = from + last * batch * four * 4;
    gemm(four, hidden, batch, gate, 1, four, addressOf(start), hidden, 1, addressOf(dhh), hidden, false);
    // Each time's gates beside the output before it: all but the first gates, all but the last output.
    const [later, earlier] = reverse ? [0, 1] : [1, 0];
    // prettier-ignore
    gemm(
      four, hidden, (time - 1) * batch, from + later * batch * four * 4, 1, four,
      addressOf(y) + earlier * batch * hidden * 4, hidden, 1, addressOf(dhh), hidden, true,
    );
  }
  if (bih !== undefined && (needs[5] || needs[6])) {
    const db = empty([four], "float32");
    reduceKernels().sumColumns(1, all, four, from, addressOf(db), 1);
    gradients[5] = gradients[6] = db;
  }
  return gradients;
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
