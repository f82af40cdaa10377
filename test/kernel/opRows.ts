/** Every file of kernel/ops, and in it every op that has a gradient, with inputs to differentiate it at. */
import { noGrad, tensor, type Tensor } from "../../kernel/gradbook.ts";
import { hardtanh } from "../../kernel/ops/clamp.ts";
import * as ops from "../../kernel/ops/index.ts";

/** Float64 numbers between −2 and 2 that are not near 0, 1 or each other, where some functions have a kink. */
export function x(...shape: number[]): Tensor {
  const n = shape.reduce((a, b) => a * b, 1);
  const step = n % 7 === 0 ? 5 : 7;
  const data = Array.from({ length: n }, (_, i) => (((i * step) % n) / n) * 3.6 - 1.83);
  return tensor(data, { dtype: "float64" }).reshape(shape).detach().requiresGrad_();
}
/** The same between 0.3 and 0.9, for functions of a limited domain. */
export const inside = (...shape: number[]): Tensor =>
  noGrad(() =>
    x(...shape)
      .mul(0.15)
      .add(0.6),
  ).requiresGrad_();
export const index = (data: number[]): Tensor => tensor(data, { dtype: "int32" });
export const mask = tensor([true, false, true]);

export type Row = [name: string, f: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]];
/** The ops of elements, shapes, sums and layers. */
export const rows: { [file: string]: Row[] } = {
  activations: [
    ["elu", (a) => a.elu({ alpha: 1.3 }), x(7)],
    ["gelu", (a) => a.gelu(), x(7)],
    ["gelu tanh", (a) => a.gelu({ approximate: "tanh" }), x(7)],
    ["hardsigmoid", (a) => a.mul(2).hardsigmoid(), x(7)],
    ["hardswish", (a) => a.mul(2).hardswish(), x(7)],
    ["mish", (a) => a.mish(), x(7)],
    ["selu", (a) => a.selu(), x(7)],
    ["silu", (a) => a.silu(), x(7)],
    ["softplus", (a) => a.softplus({ beta: 2, threshold: 1.5 }), x(7)],
    ["softsign", (a) => a.softsign(), x(7)],
  ],
  arithmetic: [
    ["add", (a, b) => a.add(b!), x(2, 3), x(3)],
    ["sub", (a, b) => a.sub(b!), x(2, 1), x(3)],
    ["mul", (a, b) => a.mul(b!), x(2, 3), x(2, 1)],
    ["div", (a, b) => a.div(b!), x(3), x(2, 3)],
    ["neg", (a) => a.neg(), x(3)],
    ["reciprocal", (a) => a.reciprocal(), x(4)],
  ],
  attention: [
    [
      "scaledDotProductAttention",
      (q, k, v) => ops.scaledDotProductAttention(q, k!, v!),
      x(2, 3, 2),
      x(2, 4, 2),
      x(2, 4, 3),
    ],
    ["causal", (q, k, v) => ops.scaledDotProductAttention(q, k!, v!, { isCausal: true }), x(3, 2), x(3, 2), x(3, 2)],
  ],
  cat: [
    ["cat", (a, b) => ops.cat([a, b!], -1), x(2, 2), x(2, 3)],
    ["stack", (a, b) => ops.stack([a, b!], 1), x(2, 2), x(2, 2)],
    ["split", (a) => a.split([1, 3], 1)[1]!, x(2, 4)],
    ["chunk", (a) => a.chunk(3)[2]!, x(7, 2)],
    ["unbind", (a) => a.unbind(1)[1]!, x(2, 3)],
  ],
  clamp: [
    ["clamp", (a) => a.clamp({ min: -1, max: 0.5 }), x(7)],
    [
      "clamp by tensors",
      (a, low) => a.clamp({ min: low!, max: 1 }),
      x(2, 3),
      noGrad(() => x(3).sub(0.05)).requiresGrad_(),
    ],
    ["hardtanh", (a) => hardtanh(a, { minVal: -0.5 }), x(7)],
  ],
  compare: [],
  conv: [
    ["conv2d", (a, w, b) => ops.conv2d(a, w!, b, { stride: [2, 1], padding: 1 }), x(2, 2, 4, 3), x(3, 2, 2, 3), x(3)],
    [
      "conv2d in groups",
      (a, w) => ops.conv2d(a, w!, undefined, { groups: 2, dilation: 2 }),
      x(1, 2, 4, 4),
      x(4, 1, 2, 2),
    ],
    ["conv1d", (a, w, b) => ops.conv1d(a, w!, b, { padding: "same" }), x(2, 5), x(3, 2, 3), x(3)],
    [
      "convTranspose2d",
      (a, w, b) => ops.convTranspose2d(a, w!, b, { stride: 2, outputPadding: 1 }),
      x(1, 2, 2, 2),
      x(2, 2, 2, 2),
      x(2),
    ],
  ],
  cumsum: [["cumsum", (a) => a.cumsum(1), x(2, 3, 2)]],
  diagonal: [
    ["diagonal", (a) => a.diagonal(1, 0, 2), x(2, 2, 3)],
    ["diag", (a) => a.diag(-1), x(3)],
    ["diag of a matrix", (a) => a.diag(), x(2, 3)],
  ],
  einsum: [
    ["einsum", (a, b) => ops.einsum("bij,bjk->ikb", a, b!), x(2, 2, 3), x(2, 3, 2)],
    ["outer product and sum", (a, b) => ops.einsum("i,jk->ji", a, b!), x(2), x(3, 2)],
    ["einsum of further dims", (a, b) => ops.einsum("...ij,j...->i...", a, b!), x(2, 1, 2, 3), x(3, 2)],
    ["trace", (a) => ops.einsum("ii->", a), x(3, 3)],
    ["three operands", (a, b, c) => ops.einsum("ij,jk,kj->i", a, b!, c!), x(2, 3), x(3, 2), x(2, 3)],
  ],
  erf: [["erf", (a) => a.erf(), x(7)]],
  expand: [
    ["expand", (a) => a.expand(2, -1, 3), x(2, 1)],
    ["broadcastTo", (a) => a.broadcastTo(3, 2), x(2)],
    ["repeat", (a) => a.repeat(2, 1, 3), x(2, 2)],
  ],
  exponential: [
    ["exp", (a) => a.exp(), x(5)],
    ["expm1", (a) => a.expm1(), x(5)],
    ["log", (a) => a.log(), inside(5)],
    ["log10", (a) => a.log10(), inside(5)],
    ["log1p", (a) => a.log1p(), inside(5)],
    ["log2", (a) => a.log2(), inside(5)],
  ],
  extremum: [
    ["maximum", (a, b) => a.maximum(b!), x(2, 5), inside(5)],
    ["minimum", (a, b) => a.minimum(b!), x(2, 5), inside(5)],
  ],
  flip: [["flip", (a) => a.flip([0, 2]), x(2, 2, 3)]],
  gather: [
    [
      "gather",
      (a) =>
        a.gather(
          1,
          tensor(
            [
              [0, 2],
              [1, 1],
            ],
            { dtype: "int32" },
          ),
        ),
      x(2, 3),
    ],
    [
      "scatterAdd",
      (a, b) =>
        a.scatterAdd(
          0,
          tensor(
            [
              [1, 0, 1],
              [1, 1, 1],
            ],
            { dtype: "int32" },
          ),
          b!,
        ),
      x(2, 3),
      x(2, 3),
    ],
  ],
  indexSelect: [
    ["indexSelect", (a) => a.indexSelect(1, index([2, 0, 2])), x(2, 3, 2)],
    ["indexAdd", (a, b) => a.indexAdd(0, index([1, 1, 0]), b!), x(2, 3), x(3, 3)],
    [
      "embedding",
      (w) =>
        ops.embedding(
          tensor(
            [
              [1, 3],
              [3, 0],
            ],
            { dtype: "int32" },
          ),
          w,
        ),
      x(4, 2),
    ],
  ],
  linear: [
    ["linear", (a, w, b) => ops.linear(a, w!, b), x(2, 3), x(4, 3), x(4)],
    ["linear, a stack", (a, w, b) => ops.linear(a, w!, b), x(2, 3, 2), x(4, 2), x(4)],
    ["linear, turned, without bias", (a, w) => ops.linear(a.permute(2, 0, 1), w!), x(3, 2, 2), x(4, 2)],
    ["linear, a vector", (a, w, b) => ops.linear(a, w!, b), x(3), x(4, 3), x(4)],
    ["linear, a bias for all", (a, w, b) => ops.linear(a, w!, b), x(2, 3), x(4, 3), x(1)],
  ],
  logical: [],
  matmul: [
    ["matmul", (a, b) => a.matmul(b!), x(2, 1, 3, 2), x(4, 2, 3)],
    [
      "matmul, heads side by side",
      (a, b) => a.transpose(1, 2).matmul(b!.permute(0, 2, 3, 1)),
      x(2, 3, 2, 2),
      x(2, 4, 2, 2),
    ],
    ["matmul, one matrix on the left", (a, b) => a.matmul(b!), x(2, 3), x(2, 3, 4)],
    ["matmul, vector on the left", (a, b) => a.matmul(b!), x(3), x(2, 3, 2)],
    ["matmul, vector on the right", (a, b) => a.matmul(b!), x(2, 4, 3), x(3)],
    ["mm", (a, b) => a.mm(b!), x(2, 3), x(3, 4)],
    ["bmm", (a, b) => a.bmm(b!), x(2, 2, 3), x(2, 3, 2)],
    ["mv", (a, b) => a.mv(b!), x(2, 3), x(3)],
    ["dot", (a, b) => a.dot(b!), x(3), x(3)],
    ["outer", (a, b) => a.outer(b!), x(3), x(2)],
  ],
  max: [
    ["max", (a) => a.max(), x(2, 3)],
    ["max along", (a) => a.max(1).values, x(2, 3)],
    ["min along", (a) => a.min(0, { keepdim: true }).values, x(2, 3)],
    ["max of two", (a, b) => a.max(b!), x(3), inside(3)],
    ["amax", (a) => a.amax([0, 2]), x(2, 3, 2)],
    ["amin", (a) => a.amin(-1, { keepdim: true }), x(2, 3)],
  ],
  norm: [
    ["norm", (a) => a.norm(), x(2, 3)],
    ["norm 1", (a) => a.norm(1, 0), x(2, 3)],
    ["norm 3", (a) => a.norm(3, 1, { keepdim: true }), x(2, 3)],
    ["norm ∞", (a) => a.norm(Infinity, 1), x(2, 3)],
  ],
  normalize: [
    [
      "batchNorm",
      (a, w, b) => ops.batchNorm(a, undefined, undefined, w, b, { training: true }),
      x(3, 2, 2),
      x(2),
      x(2),
    ],
    ["batchNorm by running values", (a, w) => ops.batchNorm(a, tensor([0.5, 1]), tensor([2, 3]), w), x(3, 2), x(2)],
    ["layerNorm", (a, w, b) => ops.layerNorm(a, [2, 2], w, b), x(3, 2, 2), x(2, 2), x(2, 2)],
    ["groupNorm", (a, w, b) => ops.groupNorm(a, 2, w, b), x(2, 4, 2), x(4), x(4)],
  ],
  oneHot: [],
  pad: [
    ["pad", (a) => ops.pad(a, [1, 0, -1, 2], { value: 3 }), x(2, 3, 2)],
    ...(["reflect", "replicate", "circular"] as const).map((mode): Row => [
      `pad ${mode}`,
      (a) => ops.pad(a, [2, 1, -1, 2], { mode }),
      x(2, 3, 3),
    ]),
  ],
  pool: [
    ["maxPool2d", (a) => ops.maxPool2d(a, 2, { stride: 1, padding: 1 }), x(1, 2, 3, 3)],
    ["avgPool2d", (a) => ops.avgPool2d(a, [2, 3], { padding: 1, countIncludePad: false }), x(2, 3, 4)],
    ["maxPool2d, pairs", (a) => ops.maxPool2d(a, 2), x(2, 5, 8)],
    ["maxPool2d, ceilMode", (a) => ops.maxPool2d(a, 2, { stride: 3, dilation: 2, ceilMode: true }), x(2, 6, 7)],
    ["avgPool2d, ceilMode", (a) => ops.avgPool2d(a, 3, { stride: 2, ceilMode: true, divisorOverride: 7 }), x(1, 6, 6)],
    ["adaptiveMaxPool2d", (a) => ops.adaptiveMaxPool2d(a, [2, null]), x(1, 1, 3, 5)],
    ["adaptiveAvgPool2d", (a) => ops.adaptiveAvgPool2d(a, [2, 3]), x(1, 1, 3, 5)],
  ],
  pow: [
    ["pow", (a, b) => a.pow(b!), inside(2, 3), x(3)],
    ["pow by a number", (a) => a.pow(3), x(5)],
    ["square", (a) => a.square(), x(5)],
  ],
  prod: [
    ["prod", (a) => a.prod(), x(4)],
    ["prod along", (a) => a.prod(1, { keepdim: true }), x(2, 3)],
    [
      "prod with zeros",
      (a) =>
        a
          .mul(
            tensor(
              [
                [1, 0, 1],
                [0, 0, 1],
              ],
              { dtype: "float64" },
            ),
          )
          .prod(1),
      x(2, 3),
    ],
  ],
  relu: [
    ["relu", (a) => a.relu(), x(7)],
    ["relu6", (a) => a.mul(5).relu6(), x(7)],
    ["leakyRelu", (a) => a.leakyRelu({ negativeSlope: 0.2 }), x(7)],
    ["prelu", (a, w) => a.prelu(w!), x(2, 3, 2), x(3)],
  ],
  reshape: [
    ["reshape", (a) => a.t().reshape(3, -1), x(6, 2)],
    ["view", (a) => a.view(3, 4), x(6, 2)],
    ["flatten", (a) => a.flatten(1), x(2, 2, 3)],
    ["unflatten", (a) => a.unflatten(1, [3, -1]), x(2, 6)],
    ["squeeze", (a) => a.squeeze(), x(1, 3, 1)],
    ["unsqueeze", (a) => a.unsqueeze(-1), x(3)],
  ],
  roots: [
    ["sqrt", (a) => a.sqrt(), inside(5)],
    ["rsqrt", (a) => a.rsqrt(), inside(5)],
  ],
  rounding: [
    [
      "floor, ceil, round and trunc have gradient 0",
      (a) => a.floor().add(a.ceil()).add(a.round()).add(a.trunc()).add(a),
      x(5),
    ],
  ],
  sigmoid: [
    ["sigmoid", (a) => a.sigmoid(), x(7)],
    ["logSigmoid", (a) => a.logSigmoid(), x(7)],
  ],
  sign: [
    ["abs", (a) => a.abs(), x(7)],
    ["sign", (a) => a.sign().mul(a), x(7)],
  ],
  slice: [
    ["slice", (a) => a.slice([[1, null], 0, [0, 4, 2]]), x(3, 2, 4)],
    ["narrow", (a) => a.narrow(1, 1, 2), x(2, 4)],
    ["select", (a) => a.select(1, -1), x(2, 4)],
  ],
  softmax: [
    ["softmax", (a) => a.softmax(1), x(2, 3, 2)],
    ["logSoftmax", (a) => a.logSoftmax(-1), x(2, 3)],
    ["logsumexp", (a) => a.logsumexp([0, 2], { keepdim: true }), x(2, 3, 2)],
  ],
  sum: [
    ["sum", (a) => a.sum([0, 2]), x(2, 3, 2)],
    ["mean", (a) => a.mean(1, { keepdim: true }), x(2, 3, 2)],
  ],
  to: [
    ["clone", (a) => a.t().clone(), x(2, 3)],
    ["contiguous", (a) => a.t().contiguous(), x(2, 3)],
    ["to", (a) => a.to("float64"), x(2)],
  ],
  transpose: [
    ["permute", (a) => a.permute(2, 0, 1), x(2, 3, 2)],
    ["transpose", (a) => a.transpose(0, -1), x(2, 3, 2)],
    ["t", (a) => a.t(), x(2, 3)],
    ["movedim", (a) => a.movedim(0, 2), x(2, 3, 2)],
  ],
  triangle: [
    ["tril", (a) => a.tril(1), x(3, 4)],
    ["triu", (a) => a.triu(-1), x(2, 3, 3)],
  ],
  trigonometric: [
    ["sin", (a) => a.sin(), x(5)],
    ["cos", (a) => a.cos(), x(5)],
    ["tan", (a) => a.tan(), inside(5)],
    ["asin", (a) => a.asin(), inside(5)],
    ["acos", (a) => a.acos(), inside(5)],
    ["atan", (a) => a.atan(), x(5)],
    ["atan2", (a, b) => a.atan2(b!), x(5), inside(5)],
    ["sinh", (a) => a.sinh(), x(5)],
    ["cosh", (a) => a.cosh(), x(5)],
    ["tanh", (a) => a.tanh(), x(5)],
  ],
  variance: [
    ["var", (a) => a.var(1, { correction: 0 }), x(2, 4)],
    ["std", (a) => a.std([0, 1], { keepdim: true }), x(2, 4)],
  ],
  where: [
    ["where", (a, b) => ops.where(mask, a, b!), x(2, 3), x(3)],
    ["maskedFill", (a, b) => a.maskedFill(mask, b!), x(2, 3), x()],
  ],
};
