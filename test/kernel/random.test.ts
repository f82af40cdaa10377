import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  manualSeed,
  nn,
  ones,
  rand,
  randint,
  randLike,
  randn,
  randnLike,
  randperm,
  zeros,
  type Tensor,
} from "../../kernel/gradbook.ts";
import { close, type Golden } from "./close.ts";

describe("random numbers are PyTorch's on the CPU", () => {
  const golden = JSON.parse(readFileSync(new URL("../golden/random.json", import.meta.url), "utf8")) as {
    seed: number;
  } & { [name: string]: Golden[] };
  const exact = (name: string, draw: () => Tensor[]): void => {
    it(`${name}, bit for bit`, () => {
      manualSeed(golden.seed);
      draw().forEach((x, i) =>
        assert.deepEqual([...x.shape, ...x.toTypedArray()], [...golden[name]![i]!.shape, ...golden[name]![i]!.data]),
      );
    });
  };
  const rounded = (name: string, tolerance: number, draw: () => Tensor[]): void => {
    it(`${name}, to rounding`, () => {
      manualSeed(golden.seed);
      draw().forEach((x, i) => close(x, golden[name]![i]!, tolerance, `draw ${i}`));
    });
  };
  const { init } = nn;
  exact("rand", () => [rand(5), rand(2, 3), rand(3, { dtype: "float64" })]);
  rounded("randn", 2e-6, () => [randn(3), randn(4), randn(16), randn(21), randn(1)]);
  rounded("randn64", 1e-14, () => [randn(3, { dtype: "float64" }), randn(19, { dtype: "float64" })]);
  exact("randint", () => [randint(10, [6]), randint(-5, 1000000, [4])]);
  exact("randperm", () => [randperm(10), randperm(100)]);
  exact("linear", () => new nn.Linear(3, 4).parameters());
  exact("conv2d", () => new nn.Conv2d(2, 3, 3).parameters());
  exact("lstm", () => new nn.LSTM(2, 3).parameters());
  rounded("embedding", 2e-6, () => new nn.Embedding(5, 4).parameters());
  exact("attention", () => new nn.MultiheadAttention(4, 2).parameters());
  exact("like", () => [
    randLike(zeros(3, 4).t()),
    randLike(
      zeros(4, 6)
        .t()
        .slice([[null, null, 2] as never]),
    ),
    randLike(zeros(3, 1).expand(3, 4)),
    randLike(zeros(2, 3, 4).permute(1, 2, 0)),
    randLike(zeros(3, 3).t()),
    randLike(zeros(5)),
  ]);
  rounded("normalLike", 2e-6, () => [randnLike(zeros(4, 5).t()), randnLike(zeros(4, 5))]);
  exact("dropout", () => [nn.functional.dropout(ones(20), { p: 0.3 })]);
  rounded("init", 1e-6, () => [
    init.xavierUniform(zeros(3, 4)),
    init.xavierNormal(zeros(4, 5)),
    init.kaimingUniform(zeros(3, 4), { nonlinearity: "relu" }),
    init.kaimingNormal(zeros(4, 5), { mode: "fanOut", nonlinearity: "relu" }),
    init.uniform(zeros(3), { a: -2, b: 3 }),
    init.normal(zeros(3), { mean: 1, std: 2 }),
  ]);

  const F = nn.functional;
  exact("dropoutLarge", () => [F.dropout(ones(40, 50), { p: 0.1 }), rand(1)]);
  exact("dropout2d", () => [F.dropout2d(ones(3, 4, 2, 2), { p: 0.3 }), F.dropout1d(ones(2, 5, 1), { p: 0.5 })]);
  rounded("alphaDropout", 1e-6, () => [F.alphaDropout(ones(10), { p: 0.3, training: true })]);
  exact("gru", () => new nn.GRU(2, 3, { numLayers: 2, bidirectional: true }).parameters());
  exact("cells", () => [...new nn.LSTMCell(2, 3).parameters(), ...new nn.GRUCell(2, 3).parameters()]);
  exact("convTranspose2d", () => new nn.ConvTranspose2d(2, 4, 3, { groups: 2 }).parameters());
  exact("conv1d", () => new nn.Conv1d(2, 4, 3).parameters());
  rounded("padding", 2e-6, () => new nn.Embedding(5, 4, { paddingIdx: -2 }).parameters());
  exact("encoder", () =>
    new nn.TransformerEncoder(new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 6 }), 2).parameters(),
  );
  rounded("moreInit", 2e-6, () => [
    init.orthogonal(zeros(5, 3)),
    init.orthogonal(zeros(4, 5, 2), { gain: 2 }),
    init.truncNormal(zeros(30), { mean: 0.5, std: 2, a: -1, b: 3 }),
    init.sparse(zeros(6, 4), 0.4, { std: 0.5 }),
    init.dirac(zeros(4, 2, 3, 3), { groups: 2 }),
  ]);

  it("the same seed gives the same numbers, another seed others", () => {
    const draw = (seed: number): unknown => (manualSeed(seed), randn(30).toArray());
    assert.deepEqual(draw(3), draw(3));
    assert.notDeepEqual(draw(3), draw(4));
  });
});
