import { checkTensor } from "../autograd/functions.ts";
import { add, mul, sub } from "../ops/arithmetic.ts";
import { cat, stack, unbind } from "../ops/cat.ts";
import { flip } from "../ops/flip.ts";
import { linear } from "../ops/linear.ts";
import { gru } from "../ops/gru.ts";
import { lstm } from "../ops/lstm.ts";
import { relu } from "../ops/relu.ts";
import { squeeze, unsqueeze } from "../ops/reshape.ts";
import { transpose } from "../ops/transpose.ts";
import { sigmoid } from "../ops/sigmoid.ts";
import { tanh } from "../ops/trigonometric.ts";
import { filled } from "../tensor/create.ts";
import { ShapeError } from "../tensor/errors.ts";
import { checkOptions, is, oneOf, type Kinds } from "../tensor/options.ts";
import { sameShape, show, sizeArguments } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { dropout } from "./dropout.ts";
import { uniform } from "./init.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

export interface RecurrentOptions {
  /** Layers on top of each other. Default 1. */
  numLayers?: number;
  /** Learn additive biases. Default true. */
  bias?: boolean;
  /** Input and output are [batch, time, …] instead of [time, batch, …]. Default false. */
  batchFirst?: boolean;
  /** Probability of dropping between layers while training. Default 0. */
  dropout?: number;
  /** Also read backwards; the two directions' outputs are joined. Default false. */
  bidirectional?: boolean;
}
const kinds: Kinds = {
  numLayers: is.from1,
  bias: is.flag,
  batchFirst: is.flag,
  dropout: is.share,
  bidirectional: is.flag,
};

/** Weights of one layer and direction. */
interface Cell {
  readonly ih: Tensor;
  readonly hh: Tensor;
  readonly bih: Tensor | undefined;
  readonly bhh: Tensor | undefined;
}

function weightsOf({ ih, hh, bih, bhh }: Cell): Tensor[] {
  return [ih, hh, bih, bhh].filter((w) => w !== undefined);
}

/**
 * What recurrent networks share: layers, directions, and parameters under PyTorch's names (`weight_ih_l0`). A subclass
 * says how one step changes the state, a list of tensors [batch, hidden] of which the first is the output.
 */
abstract class Recurrent extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  protected readonly options: Required<RecurrentOptions>;

  constructor(inputSize: number, hiddenSize: number, gates: number, options: RecurrentOptions, more: Kinds = {}) {
    super();
    const who = new.target.name;
    checkOptions(who, options, { ...kinds, ...more });
    sizeArguments(who, [inputSize, hiddenSize]);
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.options = { numLayers: 1, bias: true, batchFirst: false, dropout: 0, bidirectional: false, ...options };
    const { numLayers, bidirectional, bias } = this.options;
    const bound = 1 / Math.sqrt(hiddenSize);
    const self = this as unknown as { [name: string]: Parameter };
    for (let layer = 0; layer < numLayers; layer++) {
      for (const suffix of bidirectional ? [`l${layer}`, `l${layer}_reverse`] : [`l${layer}`]) {
        const size = layer === 0 ? inputSize : hiddenSize * (bidirectional ? 2 : 1);
        const shapes: [string, number[]][] = [
          [`weight_ih_${suffix}`, [gates * hiddenSize, size]],
          [`weight_hh_${suffix}`, [gates * hiddenSize, hiddenSize]],
        ];
        if (bias) shapes.push([`bias_ih_${suffix}`, [gates * hiddenSize]], [`bias_hh_${suffix}`, [gates * hiddenSize]]);
        for (const [name, shape] of shapes) self[name] = new Parameter(empty(shape, "float32"));
      }
    }
    for (const parameter of this.parameters()) uniform(parameter, { a: -bound, b: bound });
  }

  /** One step: `input` is x · weight_ihᵀ + bias_ih for all gates. */
  protected abstract advance(input: Tensor, state: readonly Tensor[], cell: Cell): readonly Tensor[];
  /** Number of tensors in the state. */
  protected abstract readonly states: number;

  /** The output for each time, and the final states, each [layers · directions, batch, hidden]; without batch as x is. */
  protected run(x: Tensor, initial: readonly Tensor[] | undefined): { output: Tensor; final: Tensor[] } {
    const who = this.constructor.name;
    const { batchFirst, numLayers, bidirectional, dropout: p } = this.options;
    checkTensor(who, "the input", x);
    initial?.forEach((state) => checkTensor(who, "an initial state", state));
    if (x.ndim === 2 && x.shape[1] === this.inputSize) {
      const wanted = [numLayers * (bidirectional ? 2 : 1), this.hiddenSize];
      for (const state of initial ?? [])
        if (!sameShape(state.shape, wanted))
          throw new ShapeError(
            `${who}: an initial state must be ${show(wanted)} as the input has no batch, got ${show(state.shape)}.`,
          );
      const batch = batchFirst ? 0 : 1;
      const { output, final } = this.run(
        unsqueeze(x, batch),
        initial?.map((state) => unsqueeze(state, 1)),
      );
      return { output: squeeze(output, batch), final: final.map((state) => squeeze(state, 1)) };
    }
    if (x.ndim !== 3 || x.shape[2] !== this.inputSize) {
      throw new ShapeError(
        `${who}: the input must be ${batchFirst ? "[batch, time, " : "[time, batch, "}${this.inputSize}] or [time, ${this.inputSize}], got ${show(x.shape)}.`,
      );
    }
    let sequence = batchFirst ? transpose(x, 0, 1) : x;
    const [time, batch] = sequence.shape as [number, number];
    if (time === 0) throw new ShapeError(`${who}: the sequence is empty: ${show(x.shape)}.`);
    const count = numLayers * (bidirectional ? 2 : 1);
    const wanted = [count, batch, this.hiddenSize];
    initial?.forEach((state) => {
      if (show(state.shape) !== show(wanted))
        throw new ShapeError(`${who}: an initial state must be ${show(wanted)}, got ${show(state.shape)}.`);
    });
    const final: Tensor[][] = Array.from({ length: this.states }, () => []);
    for (let layer = 0; layer < numLayers; layer++) {
      const directions = (bidirectional ? [false, true] : [false]).map((reverse) => {
        const cell = this.cell(`l${layer}${reverse ? "_reverse" : ""}`);
        const at = final[0]!.length;
        const state: readonly Tensor[] = Array.from({ length: this.states }, (_, k) =>
          initial === undefined ? filled([batch, this.hiddenSize], 0, x.dtype) : initial[k]!.select(0, at),
        );
        const { output, last } = this.layer(sequence, state, cell, reverse);
        last.forEach((s, k) => final[k]!.push(s));
        return output;
      });
      sequence = directions.length === 1 ? directions[0]! : cat(directions, 2);
      if (p > 0 && layer < numLayers - 1) sequence = dropout(sequence, { p, training: this.training });
    }
    return { output: batchFirst ? transpose(sequence, 0, 1) : sequence, final: final.map((states) => stack(states)) };
  }

  /** One layer and direction: outputs [time, batch, hidden] in the order of time, and the last state. */
  protected layer(
    sequence: Tensor,
    initial: readonly Tensor[],
    cell: Cell,
    reverse: boolean,
  ): { output: Tensor; last: readonly Tensor[] } {
    let last = initial;
    // All times in one product; only the recurrent half is sequential.
    const inputs = unbind(linear(reverse ? flip(sequence, 0) : sequence, cell.ih, cell.bih));
    const outputs = inputs.map((input) => (last = this.advance(input, last, cell))[0]!);
    return { output: stack(reverse ? outputs.reverse() : outputs), last };
  }

  private cell(suffix: string): Cell {
    const self = this as unknown as { [name: string]: Tensor | undefined };
    return {
      ih: self[`weight_ih_${suffix}`]!,
      hh: self[`weight_hh_${suffix}`]!,
      bih: self[`bias_ih_${suffix}`],
      bhh: self[`bias_hh_${suffix}`],
    };
  }
  override extraRepr(): string {
    return `${this.inputSize}, ${this.hiddenSize}, numLayers=${this.options.numLayers}`;
  }
}

/** Elman network: h ← tanh(x · W_ihᵀ + b_ih + h · W_hhᵀ + b_hh), or relu by `{ nonlinearity: "relu" }`. */
export class RNN extends Recurrent {
  protected override readonly states = 1;
  private readonly activation: (x: Tensor) => Tensor;

  constructor(
    inputSize: number,
    hiddenSize: number,
    options: RecurrentOptions & { nonlinearity?: "tanh" | "relu" } = {},
  ) {
    super(inputSize, hiddenSize, 1, options, { nonlinearity: oneOf("tanh", "relu") });
    const { nonlinearity = "tanh" } = options;
    this.activation = nonlinearity === "tanh" ? tanh : relu;
  }
  protected override advance(input: Tensor, [h]: readonly Tensor[], { hh, bhh }: Cell): readonly Tensor[] {
    return [this.activation(add(input, linear(h!, hh, bhh)))];
  }
  /** → [output of all times, last state of each layer]. */
  override forward(x: Tensor, h0?: Tensor): [output: Tensor, h: Tensor] {
    const { output, final } = this.run(x, h0 === undefined ? undefined : [h0]);
    return [output, final[0]!];
  }
}

/**
 * Long short-term memory. With i, f, g, o the four parts of x · W_ihᵀ + b_ih + h · W_hhᵀ + b_hh:
 *
 *     c ← σ(f) c + σ(i) tanh(g)          h ← σ(o) tanh(c)
 *
 * Hochreiter & Schmidhuber 1997.
 */
export class LSTM extends Recurrent {
  protected override readonly states = 2;

  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super(inputSize, hiddenSize, 4, options);
  }
  protected override advance(input: Tensor, [h, c]: readonly Tensor[], { hh, bhh }: Cell): readonly Tensor[] {
    const [i, f, g, o] = add(input, linear(h!, hh, bhh)).chunk(4, 1) as [Tensor, Tensor, Tensor, Tensor];
    const next = add(mul(sigmoid(f), c!), mul(sigmoid(i), tanh(g)));
    return [mul(sigmoid(o), tanh(next)), next];
  }
  protected override layer(
    sequence: Tensor,
    initial: readonly Tensor[],
    cell: Cell,
    reverse: boolean,
  ): { output: Tensor; last: readonly Tensor[] } {
    const weights = weightsOf(cell);
    // Fused for float32; anything else from basic ops.
    if (![sequence, ...initial, ...weights].every((x) => x.dtype === "float32"))
      return super.layer(sequence, initial, cell, reverse);
    const { output, h, c } = lstm(sequence, [initial[0]!, initial[1]!], weights, reverse);
    return { output, last: [h, c] };
  }
  /** → [output of all times, [last h, last c] of each layer]. */
  override forward(
    x: Tensor,
    initial?: readonly [h0: Tensor, c0: Tensor],
  ): [output: Tensor, state: [h: Tensor, c: Tensor]] {
    const { output, final } = this.run(x, initial);
    return [output, [final[0]!, final[1]!]];
  }
}

/**
 * Gated recurrent unit. With r, z, n the three parts:
 *
 *     r = σ(x_r + h_r)        z = σ(x_z + h_z)        n = tanh(x_n + r h_n)        h ← n + z (h − n)
 *
 * Cho et al. 2014, arXiv:1406.1078.
 */
export class GRU extends Recurrent {
  protected override readonly states = 1;

  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super(inputSize, hiddenSize, 3, options);
  }
  protected override advance(input: Tensor, [h]: readonly Tensor[], { hh, bhh }: Cell): readonly Tensor[] {
    const [xr, xz, xn] = input.chunk(3, 1) as [Tensor, Tensor, Tensor];
    const [hr, hz, hn] = linear(h!, hh, bhh).chunk(3, 1) as [Tensor, Tensor, Tensor];
    const n = tanh(add(xn, mul(sigmoid(add(xr, hr)), hn)));
    return [add(n, mul(sigmoid(add(xz, hz)), sub(h!, n)))];
  }
  protected override layer(
    sequence: Tensor,
    initial: readonly Tensor[],
    cell: Cell,
    reverse: boolean,
  ): { output: Tensor; last: readonly Tensor[] } {
    const weights = weightsOf(cell);
    if (![sequence, ...initial, ...weights].every((x) => x.dtype === "float32"))
      return super.layer(sequence, initial, cell, reverse);
    const output = gru(sequence, initial[0]!, weights, reverse);
    return { output, last: [output.select(0, reverse ? 0 : sequence.shape[0]! - 1)] };
  }
  /** → [output of all times, last state of each layer]. */
  override forward(x: Tensor, h0?: Tensor): [output: Tensor, h: Tensor] {
    const { output, final } = this.run(x, h0 === undefined ? undefined : [h0]);
    return [output, final[0]!];
  }
}
