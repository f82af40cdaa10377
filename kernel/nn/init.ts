/** Starting values for parameters, drawn from the common stream. Each changes its tensor in place and returns it. */
import { noGrad } from "../autograd/mode.ts";
import { describe, OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { fillNormal, fillUniform } from "../tensor/random.ts";
import { show } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { eye as identity } from "../tensor/create.ts";
import { checkTensor } from "../autograd/functions.ts";

/** Kinds of activation that follow a layer. */
export type Nonlinearity = "linear" | "conv1d" | "conv2d" | "sigmoid" | "tanh" | "relu" | "leakyRelu" | "selu";

/** The factor by which an activation wants its input's standard deviation larger. `param`: the slope of leakyRelu. */
export function calculateGain(nonlinearity: Nonlinearity, param?: number): number {
  const gains: { [name: string]: number } = {
    linear: 1,
    conv1d: 1,
    conv2d: 1,
    sigmoid: 1,
    tanh: 5 / 3,
    relu: Math.SQRT2,
    leakyRelu: Math.sqrt(2 / (1 + (param ?? 0.01) ** 2)),
    selu: 3 / 4,
  };
  const gain = gains[nonlinearity];
  if (gain === undefined) {
    throw new OptionError(
      `calculateGain: nonlinearity must be one of ${Object.keys(gains).join(", ")}, got ${describe(nonlinearity)}.`,
    );
  }
  return gain;
}

/** Inputs and outputs per unit: [out, in, …kernel]. */
function fans(who: string, x: Tensor): { fanIn: number; fanOut: number } {
  if (checkTensor(who, "tensor", x).ndim < 2) {
    throw new ShapeError(`nn.init.${who}: needs at least 2 dims (outputs, inputs, …), got ${show(x.shape)}.`);
  }
  const field = x.shape.slice(2).reduce((a, b) => a * b, 1);
  return { fanIn: x.shape[1]! * field, fanOut: x.shape[0]! * field };
}

function fill(x: Tensor, write: (fresh: Tensor) => void): Tensor {
  if (x.isContiguous()) {
    write(x);
    return x;
  }
  const fresh = empty(x.shape, x.dtype);
  write(fresh);
  return noGrad(() => x.copy_(fresh));
}

/** Evenly distributed in [a, b), default [0, 1). */
export function uniform(x: Tensor, options: { a?: number; b?: number } = {}): Tensor {
  checkOptions("nn.init.uniform", options, ["a", "b"]);
  return fill(checkTensor("uniform", "tensor", x), (fresh) => fillUniform(fresh, options.a ?? 0, options.b ?? 1));
}

/** Normally distributed, default mean 0 and standard deviation 1. */
export function normal(x: Tensor, options: { mean?: number; std?: number } = {}): Tensor {
  checkOptions("nn.init.normal", options, ["mean", "std"]);
  return fill(checkTensor("normal", "tensor", x), (fresh) => fillNormal(fresh, options.mean ?? 0, options.std ?? 1));
}

/** Every element `value`. */
export function constant(x: Tensor, value: number): Tensor {
  return noGrad(() => checkTensor("constant", "tensor", x).fill_(value));
}
export function zeros(x: Tensor): Tensor {
  return constant(x, 0);
}
export function ones(x: Tensor): Tensor {
  return constant(x, 1);
}
/** The identity matrix. */
export function eye(x: Tensor): Tensor {
  if (checkTensor("eye", "tensor", x).ndim !== 2)
    throw new ShapeError(`nn.init.eye: needs a matrix, got ${show(x.shape)}.`);
  return noGrad(() => x.copy_(identity(x.shape[0]!, x.shape[1]!)));
}

/** Evenly distributed in ±gain·√(6 / (fanIn + fanOut)). Glorot & Bengio 2010. */
export function xavierUniform(x: Tensor, options: { gain?: number } = {}): Tensor {
  checkOptions("nn.init.xavierUniform", options, ["gain"]);
  const { fanIn, fanOut } = fans("xavierUniform", x);
  const bound = Math.sqrt(3) * ((options.gain ?? 1) * Math.sqrt(2 / (fanIn + fanOut)));
  return uniform(x, { a: -bound, b: bound });
}

/** Normally distributed with standard deviation gain·√(2 / (fanIn + fanOut)). Glorot & Bengio 2010. */
export function xavierNormal(x: Tensor, options: { gain?: number } = {}): Tensor {
  checkOptions("nn.init.xavierNormal", options, ["gain"]);
  const { fanIn, fanOut } = fans("xavierNormal", x);
  return normal(x, { std: (options.gain ?? 1) * Math.sqrt(2 / (fanIn + fanOut)) });
}

export interface KaimingOptions {
  /** Slope of the leakyRelu that follows. Default 0. */
  a?: number;
  /** Which side keeps its variance: "fanIn" (forward, default) or "fanOut" (backward). */
  mode?: "fanIn" | "fanOut";
  /** Default "leakyRelu". */
  nonlinearity?: Nonlinearity;
}

function kaimingStd(who: string, x: Tensor, options: KaimingOptions): number {
  checkOptions(`nn.init.${who}`, options, ["a", "mode", "nonlinearity"]);
  const mode = options.mode ?? "fanIn";
  if (mode !== "fanIn" && mode !== "fanOut") {
    throw new OptionError(`nn.init.${who}: mode must be "fanIn" or "fanOut", got ${describe(mode)}.`);
  }
  return calculateGain(options.nonlinearity ?? "leakyRelu", options.a ?? 0) / Math.sqrt(fans(who, x)[mode]);
}

/** Evenly distributed in ±gain·√(3 / fan). He et al. 2015, arXiv:1502.01852. */
export function kaimingUniform(x: Tensor, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingStd("kaimingUniform", x, options);
  return uniform(x, { a: -bound, b: bound });
}

/** Normally distributed with standard deviation gain / √fan. He et al. 2015, arXiv:1502.01852. */
export function kaimingNormal(x: Tensor, options: KaimingOptions = {}): Tensor {
  return normal(x, { std: kaimingStd("kaimingNormal", x, options) });
}
