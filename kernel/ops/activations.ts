import { elementwise, floating } from "../autograd/elementwise.ts";
import { checkTensor, named, unary } from "../autograd/functions.ts";
import { checkOptions, is, oneOf } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";

const exponentialLinear = elementwise({
  name: "elu",
  formula: "x > 0 ? x : alpha * expm1(x)",
  inputs: ["x"],
  scalars: ["alpha"],
  // At the kink the second derivative is 0, as in PyTorch.
  derivatives: { x: "x > 0 ? 1 : x == 0 ? alpha : alpha * exp(x)" },
  dtype: floating,
});

/** Exponential linear unit: x above 0, α (eˣ − 1) below; α default 1. Clevert et al. 2016, arXiv:1511.07289. */
export const elu = named("elu", (x: Tensor, options: { alpha?: number } = {}): Tensor => {
  checkOptions("elu", options, { alpha: is.number });
  return exponentialLinear([checkTensor("elu", "x", x)], [options.alpha ?? 1]);
});

/** Self-normalising elu. Klambauer et al. 2017, arXiv:1706.02515. */
export const selu = unary("selu", "1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * expm1(x))", {
  dtype: floating,
  derivative: "1.0507009873554805 * (x > 0 ? 1 : x == 0 ? 1.6732632423543772 : 1.6732632423543772 * exp(x))",
});

/** x · σ(x), also called swish. */
export const silu = unary("silu", "x / (1 + exp(-x))", {
  dtype: floating,
  derivative: "sigmoid(x) * (1 + x * sigmoid(-x))",
});

/** x · tanh(ln(1 + eˣ)). Misra 2019, arXiv:1908.08681. */
export const mish = unary("mish", "x * tanh(softplus(x))", { dtype: floating });

const soft = elementwise({
  name: "softplus",
  formula: "x * beta > threshold ? x : softplus(x * beta) / beta",
  inputs: ["x"],
  scalars: ["beta", "threshold"],
  derivatives: { x: "x * beta > threshold ? 1 : sigmoid(x * beta)" },
  dtype: floating,
});

/** ln(1 + e^(βx)) / β, a smooth relu; x itself where βx > threshold. Defaults: β 1, threshold 20. */
export const softplus = named("softplus", (x: Tensor, options: { beta?: number; threshold?: number } = {}): Tensor => {
  checkOptions("softplus", options, { beta: is.number, threshold: is.number });
  return soft([checkTensor("softplus", "x", x)], [options.beta ?? 1, options.threshold ?? 20]);
});

const exact = elementwise({
  name: "gelu",
  formula: "x * normalCdf(x)",
  inputs: ["x"],
  dtype: floating,
});
const approximate = elementwise({
  name: "gelu",
  formula: "0.5 * x * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))",
  inputs: ["x"],
  dtype: floating,
});

export const geluForms = oneOf("none", "tanh");
/**
 * x · Φ(x), Φ being the normal distribution function; `{ approximate: "tanh" }` for the cheaper form.
 *
 * Hendrycks & Gimpel 2016, arXiv:1606.08415.
 */
export const gelu = named("gelu", (x: Tensor, options: { approximate?: "none" | "tanh" } = {}): Tensor => {
  checkOptions("gelu", options, { approximate: geluForms });
  const form = options.approximate ?? "none";
  return (form === "none" ? exact : approximate)([checkTensor("gelu", "x", x)]);
});

/** x · min(max(x + 3, 0), 6) / 6. */
export const hardswish = unary("hardswish", "x >= 3 ? x : x * max(x + 3, 0) / 6", {
  dtype: floating,
  derivative: "x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5",
});

/** min(max(x/6 + 1/2, 0), 1). */
export const hardsigmoid = unary("hardsigmoid", "x <= -3 ? 0 : x >= 3 ? 1 : x / 6 + 0.5", { dtype: floating });

/** x / (1 + |x|). */
export const softsign = unary("softsign", "x / (1 + abs(x))", { dtype: floating, derivative: "1 / (1 + abs(x)) ** 2" });
