import { add, mul, sub } from "../ops/arithmetic.ts";
import { chunk } from "../ops/cat.ts";
import { linear } from "../ops/linear.ts";
import { relu } from "../ops/relu.ts";
import { sigmoid } from "../ops/sigmoid.ts";
import { tanh } from "../ops/trigonometric.ts";
import { filled } from "../tensor/create.ts";
import { ShapeError } from "../tensor/errors.ts";
import { checkOptions, is, oneOf, type Kinds } from "../tensor/options.ts";
import { sameShape, show, sizeArguments } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { uniform } from "./init.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

export interface CellOptions {
  /** Learn additive biases. Default true. */
  bias?: boolean;
}

/** What the cells share: weights under PyTorch's names, started evenly distributed in ±1/√hidden. */
abstract class Cell extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  weight_ih: Parameter;
  weight_hh: Parameter;
  bias_ih: Parameter | undefined;
  bias_hh: Parameter | undefined;

  constructor(inputSize: number, hiddenSize: number, gates: number, options: CellOptions, more: Kinds = {}) {
    super();
    const who = new.target.name;
    checkOptions(who, options, { bias: is.flag, ...more });
    sizeArguments(who, [inputSize, hiddenSize]);
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    const make = (...shape: number[]): Parameter => new Parameter(empty(shape, "float32"));
    this.weight_ih = make(gates * hiddenSize, inputSize);
    this.weight_hh = make(gates * hiddenSize, hiddenSize);
    if (options.bias ?? true) {
      this.bias_ih = make(gates * hiddenSize);
      this.bias_hh = make(gates * hiddenSize);
    }
    const bound = 1 / Math.sqrt(hiddenSize);
    for (const parameter of this.parameters()) uniform(parameter, { a: -bound, b: bound });
  }

  /** x[batch, inputSize] or [inputSize], and the states that go with it; 0 unless given. */
  protected ready(x: Tensor, given: readonly (Tensor | undefined)[]): Tensor[] {
    const who = this.constructor.name;
    if ((x.ndim !== 1 && x.ndim !== 2) || x.shape.at(-1) !== this.inputSize)
      throw new ShapeError(
        `${who}: the input must be [batch, ${this.inputSize}] or [${this.inputSize}], got ${show(x.shape)}.`,
      );
    const shape = [...x.shape.slice(0, -1), this.hiddenSize];
    return given.map((state) => {
      if (state === undefined) return filled(shape, 0, x.dtype);
      if (!sameShape(state.shape, shape))
        throw new ShapeError(`${who}: the state must be ${show(shape)}, got ${show(state.shape)}.`);
      return state;
    });
  }
  protected input(x: Tensor): Tensor {
    return linear(x, this.weight_ih, this.bias_ih);
  }
  protected hidden(h: Tensor): Tensor {
    return linear(h, this.weight_hh, this.bias_hh);
  }
  override extraRepr(): string {
    return `${this.inputSize}, ${this.hiddenSize}`;
  }
}

/** One step of an Elman network: h ← tanh(x · W_ihᵀ + b_ih + h · W_hhᵀ + b_hh), or relu. */
export class RNNCell extends Cell {
  private readonly activation: (x: Tensor) => Tensor;

  constructor(inputSize: number, hiddenSize: number, options: CellOptions & { nonlinearity?: "tanh" | "relu" } = {}) {
    super(inputSize, hiddenSize, 1, options, { nonlinearity: oneOf("tanh", "relu") });
    const { nonlinearity = "tanh" } = options;
    this.activation = nonlinearity === "tanh" ? tanh : relu;
  }
  /** → the next h[batch, hiddenSize]. */
  override forward(x: Tensor, state?: Tensor): Tensor {
    const [h] = this.ready(x, [state]) as [Tensor];
    return this.activation(add(this.input(x), this.hidden(h)));
  }
}

/** One step of an LSTM; see `LSTM` for the rule. */
export class LSTMCell extends Cell {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super(inputSize, hiddenSize, 4, options);
  }
  /** → the next [h, c], each [batch, hiddenSize]. */
  override forward(x: Tensor, state?: readonly [h: Tensor, c: Tensor]): [h: Tensor, c: Tensor] {
    const [h, c] = this.ready(x, [state?.[0], state?.[1]]) as [Tensor, Tensor];
    const [i, f, g, o] = chunk(add(this.input(x), this.hidden(h)), 4, -1) as [Tensor, Tensor, Tensor, Tensor];
    const next = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)));
    return [mul(sigmoid(o), tanh(next)), next];
  }
}

/** One step of a GRU; see `GRU` for the rule. */
export class GRUCell extends Cell {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super(inputSize, hiddenSize, 3, options);
  }
  /** → the next h[batch, hiddenSize]. */
  override forward(x: Tensor, state?: Tensor): Tensor {
    const [h] = this.ready(x, [state]) as [Tensor];
    const [xr, xz, xn] = chunk(this.input(x), 3, -1) as [Tensor, Tensor, Tensor];
    const [hr, hz, hn] = chunk(this.hidden(h), 3, -1) as [Tensor, Tensor, Tensor];
    const n = tanh(add(xn, mul(sigmoid(add(xr, hr)), hn)));
    return add(n, mul(sigmoid(add(xz, hz)), sub(h, n)));
  }
}
