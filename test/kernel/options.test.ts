/** Options and arguments that would become NaN, be taken for true, or fail later with somebody else's name. */
import assert from "node:assert/strict";
import { data, full, fullLike, linspace, arange, nn, tensor, zeros } from "../../kernel/gradbook.ts";
import { checkOptions, either, is, oneOf, orNull, type Kind } from "../../kernel/tensor/options.ts";
import * as ops from "../../kernel/ops/index.ts";

const x = zeros(2, 3);
/** For what TypeScript itself refuses. */
const odd = (value: unknown): never => value as never;
const F = nn.functional;

const refused: { [group: string]: [call: () => unknown, message: RegExp][] } = {
  "numbers that would become NaN": [
    [() => full([2], odd(undefined)), /^OptionError: full: value must be a number, got undefined\.$/],
    [() => full([2], odd("x")), /full: value must be a number, got "x"/],
    [() => fullLike(x, odd(undefined)), /fullLike: value must be a number, got undefined/],
    [() => linspace(odd("a"), 1, 3), /linspace: start must be a number, got "a"/],
    [() => linspace(0, NaN, 3), /linspace: end must be a number, got NaN/],
    [() => arange(0, odd("a")), /arange: argument 2 must be a number, got "a"/],
    [() => x.clamp({ min: odd("a") }), /clamp: min must be a number or a tensor, got "a"/],
    [() => x.elu({ alpha: odd("a") }), /elu: alpha must be a number, got "a"/],
    [() => x.softplus({ beta: odd(null) }), /softplus: beta must be a number, got null/],
    [() => F.hardtanh(x, { minVal: odd([1]) }), /hardtanh: minVal must be a number, got \[1\]/],
    [() => x.leakyRelu({ negativeSlope: NaN }), /leakyRelu: negativeSlope must be a number, got NaN/],
    [
      () => F.layerNorm(x, [3], undefined, undefined, { eps: odd("a") }),
      /layerNorm: eps must be a number ≥ 0, got "a"/,
    ],
    [() => ops.pad(x, [1, 1], { value: odd("a") }), /pad: value must be a number, got "a"/],
    [() => x.std(0, { correction: odd("a") }), /std: correction must be a number, got "a"/],
    [() => nn.init.normal(x, { std: -1 }), /nn\.init\.normal: std must be a number ≥ 0, got -1/],
    [() => nn.init.uniform(x, { a: odd("a") }), /nn\.init\.uniform: a must be a number, got "a"/],
    [() => nn.init.xavierNormal(x, { gain: odd({}) }), /nn\.init\.xavierNormal: gain must be a number, got an object/],
    [() => F.nllLoss(x, zeros(2), { ignoreIndex: 0.5 }), /nllLoss: ignoreIndex must be a whole number, got 0\.5/],
    [() => F.mseLoss(x, x, { reduction: odd("avg") }), /mseLoss: reduction must be "mean", "sum" or "none", got "avg"/],
    [() => F.binaryCrossEntropyWithLogits(x, x, { posWeight: odd(2) }), /posWeight must be a tensor, got 2/],
    [() => ops.addcmul(x, x, x, { value: odd("2") }), /addcmul: value must be a number, got "2"/],
  ],
  "places that are no whole numbers": [
    [() => x.diag(odd("a")), /diag: offset must be a whole number, got "a"/],
    [() => x.diagonal(1.5), /diagonal: offset must be a whole number, got 1\.5/],
    [() => x.tril(1.5), /tril: diagonal must be a whole number, got 1\.5/],
    [() => x.triu(odd("a")), /triu: diagonal must be a whole number, got "a"/],
    [() => ops.rot90(x, 1.5), /rot90: k must be a whole number, got 1\.5/],
    [() => x.select(0, 9), /^ShapeError: select: index 9 is out of range for dim 0 of size 2/],
    [() => x.select(0, odd(undefined)), /select: the index must be a whole number, got undefined/],
    [() => x.sort(odd("a")), /^ShapeError: sort: dim must be/],
    [() => x.unsqueeze(5), /unsqueeze: dim must be a whole number from -3 to 2 for a result with 3 dims, got 5/],
    [() => ops.stack([x], 4), /stack: .*for a result with 3 dims, got 4/],
    [() => ops.oneHot(tensor([1, -1], { dtype: "int32" })), /oneHot: class numbers must be ≥ 0, got -1 at place 1/],
    [() => ops.oneHot(tensor([1], { dtype: "int32" }), 0.5), /oneHot: numClasses must be/],
    [() => x.histc({ bins: 1e9 }), /histc: bins must be a whole number from 1 to 16777216, got 1000000000/],
    [() => x.norm(odd("nuc")), /norm: p must be a number or "fro", got "nuc"/],
    [() => x.quantile(odd("a")), /quantile: q must be a number from 0 to 1 or an array of them, got "a"/],
    [() => x.quantile([0.5, odd("0.5")]), /quantile: q must be from 0 to 1, got "0\.5"/],
    [() => x.split(odd(undefined)), /split: size must be a whole number ≥ 1 or an array of sizes, got undefined/],
    [
      () => F.layerNorm(x, odd(undefined)),
      /layerNorm: normalizedShape must be an array, the sizes of the last dims, got undefined/,
    ],
    [() => F.rmsNorm(x, odd(3)), /rmsNorm: normalizedShape must be an array.*got 3/],
  ],
  "layers without a batch": [
    [
      () => new nn.RNN(3, 4).forward(x, zeros(1, 2, 4)),
      /RNN: an initial state must be \[1, 4\] as the input has no batch, got \[1, 2, 4\]/,
    ],
    [() => new nn.GRU(3, 4).forward(odd(3)), /GRU: the input must be a tensor, got 3/],
    [() => new nn.MultiheadAttention(4, 2).forward(odd(3)), /MultiheadAttention: query must be a tensor, got 3/],
    [
      () => new nn.MultiheadAttention(4, 2).forward(zeros(2, 4), zeros(2, 1, 4)),
      /query must be \[batch, time, 4\] \(or time first\), or all three \[time, 4\], got \[2, 4\]/,
    ],
  ],
  "words that would count as true": [
    [() => x.sum(0, { keepdim: odd("no") }), /sum: keepdim must be true or false, got "no"/],
    [() => x.sort(0, { descending: odd(0) }), /sort: descending must be true or false, got 0/],
    [
      () => new data.DataLoader(new data.TensorDataset(x), { shuffle: odd("yes") }),
      /DataLoader: shuffle must be true or false, got "yes"/,
    ],
    [() => new data.MinMaxScaler({ clip: odd(1) }), /MinMaxScaler: clip must be true or false, got 1/],
    [() => new nn.Linear(1, 1).train(odd("a")), /train: mode must be true or false, got "a"/],
    [() => new nn.Linear(1, 1).requiresGrad_(odd("a")), /requiresGrad: must be true or false, got "a"/],
    [() => new nn.Linear(1, 1, { bias: odd("no") }), /Linear: bias must be true or false, got "no"/],
    [() => zeros(2, { requiresGrad: odd(1) }), /zeros: requiresGrad must be true or false, got 1/],
  ],
  "layers, when they are made": [
    [() => new nn.Conv2d(1, 1, 0), /Conv2d: kernelSize must be a whole number ≥ 1, or an array of 2, got 0/],
    [() => new nn.Conv2d(3, 4, odd(undefined)), /Conv2d: kernelSize must be .*got undefined/],
    [
      () => new nn.Conv2d(1, 1, 3, { padding: odd("x") }),
      /Conv2d: padding must be a whole number ≥ 0, or an array of them or "same" or "valid", got "x"/,
    ],
    [() => new nn.Conv2d(1, 1, 3, { stride: [1, 2, 3] }), /Conv2d: stride must be .*array of 2, got \[1, 2, 3\]/],
    [() => new nn.Conv2d(1, 1, 3, { padding: "same", stride: 2 }), /Conv2d: padding "same" needs stride 1, got 2/],
    [
      () => new nn.Conv1d(1, 1, 3, { paddingMode: odd("mirror") }),
      /paddingMode must be "zeros", "reflect", "replicate" or "circular", got "mirror"/,
    ],
    [() => new nn.ConvTranspose2d(1, 1, 3, { padding: odd("same") }), /ConvTranspose2d: padding must be .*got "same"/],
    [() => new nn.BatchNorm1d(2, { eps: -1 }), /BatchNorm1d: eps must be a number ≥ 0, got -1/],
    [() => new nn.BatchNorm2d(2, { momentum: odd("a") }), /BatchNorm2d: momentum must be a number or null, got "a"/],
    [() => new nn.MaxPool2d(odd(undefined)), /MaxPool2d: kernelSize must be a whole number ≥ 1, .*got undefined/],
    [
      () => new nn.AvgPool2d(2, { divisorOverride: 0 }),
      /AvgPool2d: divisorOverride must be a whole number other than 0, got 0/,
    ],
    [() => new nn.AdaptiveAvgPool2d(odd("a")), /AdaptiveAvgPool2d: outputSize must be .*got "a"/],
    [
      () => new nn.CrossEntropyLoss({ reduction: odd("x") }),
      /CrossEntropyLoss: reduction must be "mean", "sum" or "none", got "x"/,
    ],
    [() => new nn.CrossEntropyLoss({ labelSmoothing: 2 }), /labelSmoothing must be a number from 0 to 1, got 2/],
    [
      () => new nn.KLDivLoss({ reduction: odd("x") }),
      /KLDivLoss: reduction must be "mean", "sum", "none" or "batchmean"/,
    ],
    [() => new nn.LSTM(1, 1, { dropout: 2 }), /LSTM: dropout must be a number from 0 to 1, got 2/],
    [() => new nn.RNNCell(1, 1, { nonlinearity: odd("x") }), /RNNCell: nonlinearity must be "tanh" or "relu", got "x"/],
    [() => new nn.Upsample({}), /Upsample: give \{ size \} or \{ scaleFactor \}, one of them/],
    [
      () => new nn.Upsample({ scaleFactor: 0 }),
      /Upsample: scaleFactor must be a number > 0, or an array of them, got 0/,
    ],
    [() => new nn.ELU(odd("a")), /ELU: alpha must be a number, got "a"/],
    [() => new nn.GELU({ approximate: odd("x") }), /GELU: approximate must be "none" or "tanh", got "x"/],
    [() => new nn.Flatten(odd("a")), /Flatten: startDim must be a whole number, got "a"/],
    [() => new nn.Softmax({ dim: 0.5 }), /Softmax: dim must be a whole number, got 0\.5/],
    [
      () => new nn.TransformerEncoderLayer(2, 1, { dropout: -1 }),
      /TransformerEncoderLayer: dropout must be a number from 0 to 1/,
    ],
    [() => new nn.Embedding(2, 2, { maxNorm: 0 }), /Embedding: maxNorm must be a number > 0, got 0/],
  ],
};

for (const [group, calls] of Object.entries(refused)) {
  describe(`options: ${group}`, () => {
    for (const [call, message] of calls)
      it(String(message), () =>
        assert.throws(
          call,
          (error: Error) => message.test(String(error)) && ["OptionError", "ShapeError"].includes(error.name),
        ),
      );
  });
}

describe("options: kinds", () => {
  const kinds: [name: string, kind: Kind, fits: unknown[], not: unknown[]][] = [
    ["flag", is.flag, [true, false], [0, "true", null]],
    ["number", is.number, [0, -1, Infinity], [NaN, "1", null, [1], true]],
    ["value", is.value, [NaN, 1], ["1", null]],
    ["finite", is.finite, [0], [Infinity, NaN, "1"]],
    ["atLeast0", is.atLeast0, [0, Infinity], [-1, NaN, "1"]],
    ["positive", is.positive, [1e-300], [0, NaN, "1"]],
    ["share", is.share, [0, 0.5, 1], [-0.1, 1.1, "0"]],
    ["whole", is.whole, [-1, 0, 2 ** 53 - 1], [0.5, 2 ** 53, "1"]],
    ["count", is.count, [0, 3], [-1, 0.5]],
    ["from1", is.from1, [1], [0, 1.5]],
    ["tensor", is.tensor, [x], [1, [x], null]],
    ["operand", is.operand, [x, 1], ["1", null]],
    ["callable", is.callable, [() => 1], [x]],
    ["one of", oneOf("a", "b"), ["a", "b"], ["c", undefined]],
    ["either", either(is.flag, is.number), [true, 1], ["1"]],
    ["or null", orNull(is.number), [null, 1], [undefined, "1"]],
  ];
  for (const [name, kind, fits, not] of kinds) {
    it(name, () => {
      for (const value of fits) checkOptions("f", { a: value }, { a: kind });
      for (const value of not.filter((entry) => entry !== undefined))
        assert.throws(() => checkOptions("f", { a: value }, { a: kind }), /^OptionError: f: a must be /);
      checkOptions("f", { a: undefined }, { a: kind });
    });
  }
  it("pooling layers are typed by whether they give indices", () => {
    const layer = new nn.MaxPool2d(2, { returnIndices: true });
    const [values, indices] = layer.forward(zeros(1, 2, 2));
    assert.deepEqual([layer.kernelSize, values.shape, indices.dtype], [2, [1, 1, 1], "int32"]);
    assert.equal(new nn.AdaptiveAvgPool2d(1).forward(zeros(1, 2, 2)).ndim, 3);
  });
  it("what is left out as undefined has its default", () =>
    assert.deepEqual(
      new nn.ELU({ alpha: undefined as never }).forward(tensor([-1])).toArray(),
      x.sub(1).select(0, 0).narrow(0, 0, 1).elu().toArray(),
    ));
});
