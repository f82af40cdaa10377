/** Starting values for parameters, drawn from the common stream. Each changes its tensor in place and returns it. */
import { noGrad } from "../autograd/mode.ts";
import { describe, OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions, is, oneOf } from "../tensor/options.ts";
import { fillNormal, fillUniform, randperm } from "../tensor/random.ts";
import { erf } from "../tensor/functions.ts";
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
  checkOptions("nn.init.uniform", options, { a: is.number, b: is.number });
  return fill(checkTensor("uniform", "tensor", x), (fresh) => fillUniform(fresh, options.a ?? 0, options.b ?? 1));
}

/** Normally distributed, default mean 0 and standard deviation 1. */
export function normal(x: Tensor, options: { mean?: number; std?: number } = {}): Tensor {
  checkOptions("nn.init.normal", options, { mean: is.number, std: is.atLeast0 });
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
  checkOptions("nn.init.xavierUniform", options, { gain: is.number });
  const { fanIn, fanOut } = fans("xavierUniform", x);
  const bound = Math.sqrt(3) * ((options.gain ?? 1) * Math.sqrt(2 / (fanIn + fanOut)));
  return uniform(x, { a: -bound, b: bound });
}

/** Normally distributed with standard deviation gain·√(2 / (fanIn + fanOut)). Glorot & Bengio 2010. */
export function xavierNormal(x: Tensor, options: { gain?: number } = {}): Tensor {
  checkOptions("nn.init.xavierNormal", options, { gain: is.number });
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
  checkOptions(`nn.init.${who}`, options, { a: is.number, mode: oneOf("fanIn", "fanOut"), nonlinearity: is.any });
  const mode = options.mode ?? "fanIn";
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

/**
 * A matrix [rows, rest] with orthogonal rows (or columns, of which there are fewer then), times gain. Saxe et al. 2014,
 * arXiv:1312.6120. The Q of a normally distributed matrix, with signs that make R's diagonal positive.
 */
export function orthogonal(x: Tensor, options: { gain?: number } = {}): Tensor {
  checkOptions("nn.init.orthogonal", options, { gain: is.number });
  if (checkTensor("orthogonal", "tensor", x).ndim < 2)
    throw new ShapeError(`nn.init.orthogonal: needs at least 2 dims, got ${show(x.shape)}.`);
  const rows = x.shape[0]!;
  const columns = x.numel() / Math.max(1, rows);
  const drawn = empty([rows, columns], x.dtype);
  fillNormal(drawn, 0, 1);
  const tall = rows >= columns;
  const [n, k] = tall ? [rows, columns] : [columns, rows];
  const source = drawn.toTypedArray();
  const vectors = Array.from({ length: k }, (_, j) =>
    Float64Array.from({ length: n }, (_value, i) => source[tall ? i * columns + j : j * columns + i]!),
  );
  orthonormalize(vectors);
  const gain = options.gain ?? 1;
  return fill(x, (fresh) => {
    const to = fresh.storage.array();
    vectors.forEach((vector, j) =>
      vector.forEach((value, i) => (to[fresh.offset + (tall ? i * columns + j : j * columns + i)] = gain * value)),
    );
    fresh.storage.version++;
  });
}

/** Gram–Schmidt in double precision, each vector twice, which leaves nothing but rounding. */
function orthonormalize(vectors: readonly Float64Array[]): void {
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  vectors.forEach((vector, j) => {
    for (let pass = 0; pass < 2; pass++) {
      for (const before of vectors.slice(0, j)) {
        const share = dot(vector, before);
        before.forEach((value, i) => (vector[i]! -= share * value));
      }
    }
    const length = Math.sqrt(dot(vector, vector));
    vector.forEach((value, i) => (vector[i] = value / length));
  });
}

/** Normally distributed, but drawn again, as it were, outside [a, b]; default mean 0, std 1, a −2, b 2. */
export function truncNormal(x: Tensor, options: { mean?: number; std?: number; a?: number; b?: number } = {}): Tensor {
  checkOptions("nn.init.truncNormal", options, { mean: is.number, std: is.atLeast0, a: is.number, b: is.number });
  const { mean = 0, std = 1, a = -2, b = 2 } = options;
  if (!(std > 0) || !(a < b))
    throw new OptionError(`nn.init.truncNormal: needs std > 0 and a < b, got ${std}, ${a} and ${b}.`);
  const below = (z: number): number => (1 + erf(z / Math.SQRT2)) / 2;
  const [low, high] = [below((a - mean) / std), below((b - mean) / std)];
  return fill(checkTensor("truncNormal", "tensor", x), (fresh) => {
    fillUniform(fresh, 2 * low - 1, 2 * high - 1);
    const to = fresh.storage.array();
    for (let i = fresh.offset; i < fresh.offset + fresh.numel(); i++) {
      to[i] = Math.min(b, Math.max(a, mean + std * Math.SQRT2 * inverseErf(to[i]!)));
    }
  });
}

/** erf⁻¹ by Newton's method from Winitzki's approximation; to rounding in |y| < 1. */
function inverseErf(y: number): number {
  if (Math.abs(y) >= 1) return y * Infinity;
  const log = Math.log1p(-y * y);
  const half = 2 / (Math.PI * 0.147) + log / 2;
  let x = Math.sign(y) * Math.sqrt(Math.sqrt(half * half - log / 0.147) - half);
  for (let step = 0; step < 3; step++) x -= ((erf(x) - y) * Math.sqrt(Math.PI)) / 2 / Math.exp(-x * x);
  return x;
}

/** Keeps channels as they are: [out, in, …kernel], 1 where the input channel is the output channel, in the middle. */
export function dirac(x: Tensor, options: { groups?: number } = {}): Tensor {
  checkOptions("nn.init.dirac", options, { groups: is.from1 });
  const { groups = 1 } = options;
  if (checkTensor("dirac", "tensor", x).ndim < 3 || x.ndim > 5)
    throw new ShapeError(`nn.init.dirac: needs 3, 4 or 5 dims (outputs, inputs, …kernel), got ${show(x.shape)}.`);
  const [outputs, inputs] = x.shape as [number, number];
  if (outputs % groups !== 0)
    throw new OptionError(`nn.init.dirac: ${outputs} outputs do not divide into ${describe(groups)} groups.`);
  const perGroup = outputs / groups;
  return noGrad(() => {
    x.fill_(0);
    for (let group = 0; group < groups; group++) {
      for (let d = 0; d < Math.min(perGroup, inputs); d++) {
        let place = x.select(0, group * perGroup + d).select(0, d);
        for (const size of x.shape.slice(2)) place = place.select(0, Math.floor(size / 2));
        place.fill_(1);
      }
    }
    return x;
  });
}

/** Normally distributed (std, default 0.01), and in each column the share `sparsity` set to 0. Martens 2010. */
export function sparse(x: Tensor, sparsity: number, options: { std?: number } = {}): Tensor {
  checkOptions("nn.init.sparse", options, { std: is.atLeast0 });
  if (checkTensor("sparse", "tensor", x).ndim !== 2)
    throw new ShapeError(`nn.init.sparse: needs a matrix, got ${show(x.shape)}.`);
  if (!(sparsity >= 0 && sparsity <= 1))
    throw new OptionError(`nn.init.sparse: sparsity must be a share from 0 to 1, got ${describe(sparsity)}.`);
  const [rows, columns] = x.shape as [number, number];
  const zeros = Math.ceil(sparsity * rows);
  normal(x, { std: options.std ?? 0.01 });
  return noGrad(() => {
    for (let column = 0; column < columns; column++) {
      const order = randperm(rows).toTypedArray();
      for (const row of order.subarray(0, zeros)) x.select(0, row).select(0, column).fill_(0);
    }
    return x;
  });
}
