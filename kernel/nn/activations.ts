/** Activations as modules: each applies the op of the same name. */
import * as ops from "../ops/index.ts";
import { geluForms } from "../ops/activations.ts";
import { hardtanh } from "../ops/clamp.ts";
import { checkNumber, checkOptions, is, type Kinds } from "../tensor/options.ts";
import { filled } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";
import { celu, glu, hardshrink, softmin, softshrink, tanhshrink, threshold } from "./shrink.ts";
import { firstOption } from "./options.ts";
import { Parameter } from "./parameter.ts";

/** A class of modules without options, named as given. */
function plain(name: string, f: (x: Tensor) => Tensor): new () => Module & { forward(x: Tensor): Tensor } {
  return {
    [name]: class extends Module {
      constructor(options?: object) {
        super();
        checkOptions(name, options, []);
      }
      override forward(x: Tensor): Tensor {
        return f(x);
      }
    },
  }[name]!;
}

export const ReLU = plain("ReLU", ops.relu);
export const ReLU6 = plain("ReLU6", ops.relu6);
export const Sigmoid = plain("Sigmoid", ops.sigmoid);
export const LogSigmoid = plain("LogSigmoid", ops.logSigmoid);
export const Tanh = plain("Tanh", ops.tanh);
export const SELU = plain("SELU", ops.selu);
export const SiLU = plain("SiLU", ops.silu);
export const Mish = plain("Mish", ops.mish);
export const Softsign = plain("Softsign", ops.softsign);
export const Hardswish = plain("Hardswish", ops.hardswish);
export const Hardsigmoid = plain("Hardsigmoid", ops.hardsigmoid);
export const Tanhshrink = plain("Tanhshrink", tanhshrink);

/** Passes its input on; whatever it is given when made is ignored, so that it can stand in for any module. */
export class Identity extends Module {
  constructor(..._ignored: readonly unknown[]) {
    super();
  }
  override forward(x: Tensor): Tensor {
    return x;
  }
}

/**
 * A class of modules whose options are those of the op; the first may be positional. They are numbers unless `kinds` says
 * otherwise.
 */
function optioned<Options extends object>(
  name: string,
  defaults: Required<Options>,
  f: (x: Tensor, options: Options) => Tensor,
  kinds: Kinds = Object.fromEntries(Object.keys(defaults).map((option) => [option, is.number])),
): new (
  first?: Options | Options[keyof Options],
  rest?: Options,
) => Module & { forward(x: Tensor): Tensor } & { options: Options } {
  return {
    [name]: class extends Module {
      readonly options: Options;
      constructor(first?: Options | Options[keyof Options], rest?: Options) {
        super();
        this.options = { ...defaults, ...firstOption(name, kinds, first, rest) } as Options;
      }
      override forward(x: Tensor): Tensor {
        return f(x, this.options);
      }
      override extraRepr(): string {
        return Object.entries(this.options)
          .map(([key, value]) => `${key}=${String(value)}`)
          .join(", ");
      }
    },
  }[name]!;
}

export const LeakyReLU = optioned<{ negativeSlope?: number }>("LeakyReLU", { negativeSlope: 0.01 }, ops.leakyRelu);
export const ELU = optioned<{ alpha?: number }>("ELU", { alpha: 1 }, ops.elu);
export const GELU = optioned<{ approximate?: "none" | "tanh" }>("GELU", { approximate: "none" }, ops.gelu, {
  approximate: geluForms,
});
export const Softplus = optioned<{ beta?: number; threshold?: number }>(
  "Softplus",
  { beta: 1, threshold: 20 },
  ops.softplus,
);
export const Hardtanh = optioned<{ minVal?: number; maxVal?: number }>("Hardtanh", { minVal: -1, maxVal: 1 }, hardtanh);
export const Softmax = optioned<{ dim?: number }>("Softmax", { dim: -1 }, (x, { dim }) => ops.softmax(x, dim!), {
  dim: is.whole,
});
export const Softmin = optioned<{ dim?: number }>("Softmin", { dim: -1 }, (x, { dim }) => softmin(x, dim!), {
  dim: is.whole,
});
export const GLU = optioned<{ dim?: number }>("GLU", { dim: -1 }, (x, { dim }) => glu(x, dim), { dim: is.whole });
export const CELU = optioned<{ alpha?: number }>("CELU", { alpha: 1 }, celu);
export const Hardshrink = optioned<{ lambd?: number }>("Hardshrink", { lambd: 0.5 }, hardshrink);
export const Softshrink = optioned<{ lambd?: number }>("Softshrink", { lambd: 0.5 }, softshrink);
export const LogSoftmax = optioned<{ dim?: number }>(
  "LogSoftmax",
  { dim: -1 },
  (x, { dim }) => ops.logSoftmax(x, dim!),
  { dim: is.whole },
);

/** x where x > threshold, else value. */
export class Threshold extends Module {
  readonly threshold: number;
  readonly value: number;

  constructor(limit: number, value: number) {
    super();
    for (const [name, number] of Object.entries({ threshold: limit, value }))
      checkNumber("Threshold", name, number, "(finite)", Number.isFinite);
    this.threshold = limit;
    this.value = value;
  }
  override forward(x: Tensor): Tensor {
    return threshold(x, this.threshold, this.value);
  }
  override extraRepr(): string {
    return `threshold=${this.threshold}, value=${this.value}`;
  }
}

/** Leaky relu whose slope is learned: one for all, or one per channel (dim 1). He et al. 2015, arXiv:1502.01852. */
export class PReLU extends Module {
  weight: Parameter;

  constructor(first?: number | { numParameters?: number; init?: number }, rest?: { init?: number }) {
    super();
    const { numParameters = 1, init = 0.25 } = firstOption(
      "PReLU",
      { numParameters: is.from1, init: is.number },
      first,
      rest,
    ) as {
      numParameters?: number;
      init?: number;
    };
    this.weight = new Parameter(filled([numParameters], init, "float32"));
  }
  override forward(x: Tensor): Tensor {
    return ops.prelu(x, this.weight);
  }
}
