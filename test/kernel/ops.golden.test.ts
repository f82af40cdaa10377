import { readFileSync } from "node:fs";
import { grad, nn, tensor, type Tensor } from "../../kernel/gradbook.ts";
import { hardtanh } from "../../kernel/ops/clamp.ts";
import * as ops from "../../kernel/ops/index.ts";
import { close, type Golden } from "./close.ts";

const F = nn.functional;
const golden = JSON.parse(readFileSync(new URL("../golden/ops.json", import.meta.url), "utf8")) as {
  cases: { op?: string; args: Golden[]; options: any; out: Golden; gradOut?: Golden; grads?: Golden[] }[];
};

/** A golden tensor as ours; class numbers and indices become int32. */
function load({ shape, dtype, data }: Golden, requiresGrad = false): Tensor {
  const own = dtype === "int64" ? "int32" : (dtype as "float64" | "bool");
  return tensor(Float64Array.from(data, Number), { dtype: own, requiresGrad }).reshape(shape);
}

/** Each op of the golden file in our words. */
const calls: { [op: string]: (args: Tensor[], options: any) => Tensor } = {
  ...elementwise("add sub mul div maximum minimum pow"),
  ...elementwise("exp sin cos tanh sigmoid neg abs square erf expm1 log sqrt rsqrt reciprocal log1p"),
  ...elementwise("relu gelu silu softplus elu relu6 mish selu matmul norm std outer tril linear"),
  pow_scalar: ([x], { exponent }) => x!.pow(exponent),
  leaky_relu: ([x]) => x!.leakyRelu(),
  hardtanh: ([x]) => hardtanh(x!),
  logsigmoid: ([x]) => x!.logSigmoid(),
  gelu_tanh: ([x], options) => x!.gelu(options),
  clamp: ([x], options) => x!.clamp(options),
  where: ([a, b], { condition }) => ops.where(load(condition), a!, b!),
  sum: ([x], { dim, keepdim }) => x!.sum(dim, { keepdim }),
  mean: ([x], { dim, keepdim }) => x!.mean(dim, { keepdim }),
  var: ([x], { dim, keepdim, correction }) => x!.var(dim, { keepdim, correction }),
  logsumexp: ([x], { dim, keepdim }) => x!.logsumexp(dim, { keepdim }),
  max_dim: ([x], { dim }) => x!.max(dim as number).values,
  min_dim: ([x], { dim }) => x!.min(dim as number).values,
  argmax: ([x], { dim }) => x!.argmax(dim),
  cumsum: ([x], { dim }) => x!.cumsum(dim),
  softmax: ([x], { dim }) => x!.softmax(dim),
  log_softmax: ([x], { dim }) => x!.logSoftmax(dim),
  prod_dim: ([x], { dim }) => x!.prod(dim),
  transpose: ([x], { dim0, dim1 }) => x!.transpose(dim0, dim1),
  permute: ([x], { dims }) => x!.permute(dims),
  reshape: ([x], { transposeFirst: [a, b], shape }) => x!.transpose(a, b).reshape(shape),
  slice: ([x], { slices }) => x!.slice(slices),
  expand: ([x], { shape }) => x!.expand(shape),
  cat: (xs, { dim }) => ops.cat(xs, dim),
  stack: (xs, { dim }) => ops.stack(xs, dim),
  pad: ([x], { pad }) => ops.pad(x!, pad),
  flip: ([x], { dims }) => x!.flip(dims),
  index_select: ([x], { dim, index }) => x!.indexSelect(dim, load(index)),
  gather: ([x], { dim, index }) => x!.gather(dim, load(index)),
  embedding: ([weight], { input }) => F.embedding(load(input), weight!),
  cross_entropy: ([x], { target, reduction }) => F.crossEntropy(x!, load(target), { reduction }),
  cross_entropy_weighted_smooth: ([x], { target, weight, label_smoothing }) =>
    F.crossEntropy(x!, load(target), { weight: load(weight), labelSmoothing: label_smoothing }),
  nll_loss: ([x], { target }) => F.nllLoss(x!.logSoftmax(1), load(target)),
  mse_loss: ([a, b], options) => F.mseLoss(a!, b!, options),
  l1_loss: ([a, b]) => F.l1Loss(a!, b!),
  smooth_l1_loss: ([a, b]) => F.smoothL1Loss(a!, b!),
  huber_loss: ([a, b], options) => F.huberLoss(a!, b!, options),
  binary_cross_entropy: ([x], { target }) => F.binaryCrossEntropy(x!, load(target)),
  binary_cross_entropy_with_logits: ([x], { target }) => F.binaryCrossEntropyWithLogits(x!, load(target)),
  einsum: (xs, { equation }) => ops.einsum(equation, ...xs),
  conv1d: ([x, w, b], options) => ops.conv1d(x!, w!, b, options),
  conv2d: ([x, w, b], options) => ops.conv2d(x!, w!, b, options),
  conv_transpose2d: ([x, w, b], { output_padding, ...options }) =>
    ops.convTranspose2d(x!, w!, b, { ...options, outputPadding: output_padding }),
  max_pool2d: ([x], { kernel_size, ...options }) => ops.maxPool2d(x!, kernel_size, options),
  avg_pool2d: ([x], { kernel_size }) => ops.avgPool2d(x!, kernel_size),
  adaptive_avg_pool2d: ([x], { output_size }) => ops.adaptiveAvgPool2d(x!, output_size),
  batch_norm_train: ([x, w, b], options) => ops.batchNorm(x!, undefined, undefined, w, b, options),
  layer_norm: ([x, w, b], { normalized_shape, eps }) => ops.layerNorm(x!, normalized_shape, w, b, { eps }),
  group_norm: ([x, w, b], { num_groups, eps }) => ops.groupNorm(x!, num_groups, w, b, { eps }),
  scaled_dot_product_attention: ([q, k, v], { is_causal }) =>
    ops.scaledDotProductAttention(q!, k!, v!, { isCausal: is_causal }),
  kl_div: ([a, b], { reduction }) => F.klDiv(a!.logSoftmax(1), b!.softmax(1), { reduction }),
};
function elementwise(names: string): typeof calls {
  return Object.fromEntries(
    names
      .split(" ")
      .map((name) => [
        name,
        (args: Tensor[]) => (ops as unknown as { [n: string]: (...x: Tensor[]) => Tensor })[name]!(...args),
      ]),
  );
}

describe("ops equal PyTorch 1.13 in float64: value and gradients", () => {
  golden.cases.forEach(({ op, args, options, out, gradOut, grads }, i) => {
    if (op === undefined) return;
    it(`${op} ${args.map(({ shape }) => `[${shape.join(", ")}]`).join(" ")} ${JSON.stringify(options).slice(0, 60)} (case ${i})`, () => {
      const inputs = args.map((arg) => load(arg, grads !== undefined));
      const call = calls[op];
      if (call === undefined) throw new Error(`no call for ${op}: add it to the table above`);
      const y = call(inputs, options);
      close(y, out, 1e-12, "value");
      if (grads === undefined) return;
      const found = grad(y, inputs, { gradOutputs: load(gradOut!) });
      grads.forEach((want, k) => close(found[k]!, want, 1e-12, `gradient ${k}`));
    });
  });
});
