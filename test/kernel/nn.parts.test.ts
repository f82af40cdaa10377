/** Containers, registration, hooks and options of layers: what golden values do not say. */
import assert from "node:assert/strict";
import { manualSeed, nn, noGrad, ones, randn, tensor, zeros, type Tensor } from "../../kernel/gradbook.ts";
import { close } from "./close.ts";

const F = nn.functional;
const f64 = (data: number[] | number[][]): Tensor => tensor(data, { dtype: "float64" });
const ids = (data: number[] | number[][]): Tensor => tensor(data, { dtype: "int32" });
const names = (module: nn.Module): string[] => module.namedParameters().map(([name]) => name);

describe("containers", () => {
  it("ModuleDict finds its modules' parameters by their names", () => {
    const dict = new nn.ModuleDict({ a: new nn.Linear(1, 2), b: new nn.ReLU() });
    dict.set("c", new nn.Linear(2, 1, { bias: false }));
    assert.deepEqual(names(new nn.Sequential(dict)), ["0.a.weight", "0.a.bias", "0.c.weight"]);
    assert.deepEqual([[...dict.keys()], dict.length, dict.has("b")], [["a", "b", "c"], 3, true]);
    assert.ok(dict.delete("b") && !dict.has("b") && dict.get("c") instanceof nn.Linear);
    assert.equal(dict.modules().length, 3);
  });

  it("ParameterList and ParameterDict find theirs", () => {
    const list = new nn.ParameterList([new nn.Parameter(ones(2)), new nn.Parameter(zeros(3))]);
    list.append(new nn.Parameter(ones(1)));
    assert.deepEqual(names(list), ["0", "1", "2"]);
    assert.deepEqual([list.length, list.at(-1).shape, [...list][1]!.shape], [3, [1], [3]]);
    const dict = new nn.ParameterDict({ scale: new nn.Parameter(ones(1)) }).set("shift", new nn.Parameter(zeros(1)));
    assert.deepEqual([names(dict), dict.get("shift").item(), dict.has("other")], [["scale", "shift"], 0, false]);
  });

  it("Sequential grows and takes in", () => {
    const row = new nn.Sequential(new nn.ReLU())
      .extend([new nn.Tanh(), new nn.Sigmoid()])
      .insert(1, new nn.Identity(5));
    assert.deepEqual(
      row.children().map((m) => m.constructor.name),
      ["ReLU", "Identity", "Tanh", "Sigmoid"],
    );
  });

  it("TransformerEncoder's layers are copies with equal values and memory of their own", () => {
    const layer = new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 4 });
    const encoder = new nn.TransformerEncoder(layer, 2);
    const [a, b] = [...encoder.layers] as [nn.TransformerEncoderLayer, nn.TransformerEncoderLayer];
    assert.deepEqual(a.linear1.weight.toArray(), b.linear1.weight.toArray());
    assert.equal(new Set([...layer.parameters(), ...encoder.parameters()]).size, 3 * layer.parameters().length);
    noGrad(() => a.linear1.weight.zero_());
    assert.notEqual(b.linear1.weight.abs().sum().item(), 0);
    const x = randn(3, 1, 4);
    assert.notDeepEqual(encoder.forward(x).toArray(), encoder.eval().forward(x).toArray());
  });
});

describe("Module: registering, finding, hooks", () => {
  class Empty extends nn.Module {
    forward(x: Tensor): Tensor {
      return x.add(1);
    }
  }

  it("registers buffers, parameters and modules as properties; one that is not persistent is not saved", () => {
    const module = new Empty();
    module.registerBuffer("mean", zeros(2));
    module.registerBuffer("cache", zeros(2), { persistent: false });
    module.registerParameter("scale", new nn.Parameter(ones(1)));
    module.addModule("inner", new nn.Linear(1, 1));
    assert.deepEqual(Object.keys(module.stateDict()), ["scale", "mean", "inner.weight", "inner.bias"]);
    assert.deepEqual(
      module.namedBuffers().map(([name]) => name),
      ["mean", "cache"],
    );
    assert.ok(
      module.getSubmodule("inner") instanceof nn.Linear && module.getParameter("inner.bias").shape.length === 1,
    );
  });

  it("forward hooks see and may change what goes in and out, until removed", () => {
    const [module, seen] = [new Empty(), [] as string[]];
    const model = new nn.Sequential(module, new nn.Identity());
    const before = module.registerForwardPreHook((_m, [x]) => {
      seen.push(`in ${(x as Tensor).item()}`);
      return [(x as Tensor).mul(10)];
    });
    const after = module.registerForwardHook((m, _inputs, y) => {
      seen.push(`out ${(y as Tensor).item()} ${m === module}`);
    });
    const doubled = module.registerForwardHook((_m, _inputs, y) => (y as Tensor).mul(2));
    assert.equal((model.forward(tensor(1)) as Tensor).item(), 22);
    before.remove();
    doubled.remove();
    assert.equal((model.forward(tensor(1)) as Tensor).item(), 2);
    after.remove();
    model.forward(tensor(1));
    assert.deepEqual(seen, ["in 1", "out 11 true", "out 2 true"]);
    assert.deepEqual([model.namedModules().length, String(module)], [3, "Empty()"]);
  });

  it("parametersToVector and vectorToParameters are each other's reverse", () => {
    const model = new nn.Linear(2, 3);
    const vector = nn.utils.parametersToVector(model.parameters());
    assert.deepEqual([vector.shape, vector.requiresGrad], [[9], true]);
    nn.utils.vectorToParameters(vector.detach().mul(2), model.parameters());
    close(nn.utils.parametersToVector(model.parameters()), { shape: [9], data: vector.mul(2).toTypedArray() }, 1e-7);
    vector.sum().backward();
    assert.deepEqual(model.bias!.grad!.toArray(), [1, 1, 1]);
  });
});

describe("layers with options", () => {
  it("the new activation modules apply the functions of their names", () => {
    const x = f64([
      [-3, -0.5],
      [0.7, 8],
    ]);
    const cases: [nn.Module, Tensor][] = [
      [new nn.CELU(2), F.celu(x, { alpha: 2 })],
      [new nn.Hardshrink(1), F.hardshrink(x, { lambd: 1 })],
      [new nn.Softshrink({ lambd: 1 }), F.softshrink(x, { lambd: 1 })],
      [new nn.Tanhshrink(), F.tanhshrink(x)],
      [new nn.Threshold(0.5, -1), F.threshold(x, 0.5, -1)],
      [new nn.GLU(0), F.glu(x, 0)],
      [new nn.Softmin({ dim: 0 }), F.softmin(x, 0)],
      [new nn.PixelShuffle(2), F.pixelShuffle(ones(1, 4, 1, 1), 2)],
    ];
    for (const [module, want] of cases) {
      const input = module instanceof nn.PixelShuffle ? ones(1, 4, 1, 1) : x;
      assert.deepEqual((module.forward(input) as Tensor).toArray(), want.toArray(), module.constructor.name);
    }
  });

  it("the new loss modules give what the functions give, options included", () => {
    const [a, b, c] = [f64([[1, 5]]), f64([[0, 2]]), f64([[3, 0.5]])];
    const t = f64([[1, -1]]);
    const one = f64([-1]);
    const cases: [{ forward(...x: Tensor[]): Tensor; constructor: Function }, Tensor[], Tensor][] = [
      [new nn.MarginRankingLoss({ margin: 2 }), [a, b, t], F.marginRankingLoss(a, b, t, { margin: 2 })],
      [new nn.HingeEmbeddingLoss(), [a, t], F.hingeEmbeddingLoss(a, t)],
      [new nn.CosineEmbeddingLoss({ margin: 0.1 }), [a, b, one], F.cosineEmbeddingLoss(a, b, one, { margin: 0.1 })],
      [new nn.TripletMarginLoss({ swap: true }), [a, b, c], F.tripletMarginLoss(a, b, c, { swap: true })],
      [new nn.GaussianNLLLoss({ full: true }), [a, b, c], F.gaussianNllLoss(a, b, c, { full: true })],
      [new nn.PoissonNLLLoss({ logInput: false }), [a, b], F.poissonNllLoss(a, b, { logInput: false })],
      [new nn.SoftMarginLoss(), [a, t], F.softMarginLoss(a, t)],
      [new nn.MultiMarginLoss({ p: 2 }), [a, ids([1])], F.multiMarginLoss(a, ids([1]), { p: 2 })],
      [new nn.MultiLabelSoftMarginLoss(), [a, b], F.multilabelSoftMarginLoss(a, b)],
      [new nn.CosineSimilarity(), [a, b], F.cosineSimilarity(a, b)],
      [new nn.PairwiseDistance({ p: 1 }), [a, b], F.pairwiseDistance(a, b, { p: 1 })],
    ];
    for (const [module, inputs, want] of cases)
      assert.equal(module.forward(...inputs).item(), want.item(), module.constructor.name);
    assert.equal(F.softMarginLoss(f64([-1000]), f64([1])).item(), 1000);
  });

  it("Embedding: padding starts at 0 and gets no gradient; rows too long are shortened when looked up", () => {
    const embedding = new nn.Embedding(4, 2, { paddingIdx: -1 });
    embedding
      .forward(ids([[0, 3]]))
      .sum()
      .backward();
    const want = [
      [1, 1],
      [0, 0],
      [0, 0],
      [0, 0],
    ];
    assert.deepEqual([embedding.weight.select(0, 3).toArray(), embedding.weight.grad!.toArray()], [[0, 0], want]);
    assert.equal(String(embedding), "Embedding(4, 2, paddingIdx=3)");
    const long = nn.Embedding.fromPretrained(
      f64([
        [3, 4],
        [0.3, 0.4],
        [30, 40],
      ]),
      { maxNorm: 1 },
    );
    close(long.forward(ids([0, 1])), { shape: [2, 2], data: [0.6, 0.8, 0.3, 0.4] }, 1e-6);
    assert.deepEqual([long.weight.select(0, 2).toArray(), long.weight.requiresGrad], [[30, 40], false]);
    assert.equal(nn.Embedding.fromPretrained(f64([[1]]), { freeze: false }).weight.requiresGrad, true);
  });

  it("RMSNorm divides by the root mean square, with ε of the dtype", () => {
    const norm = new nn.RMSNorm(2);
    close(norm.forward(tensor([[3, 4]])), { shape: [1, 2], data: [3, 4].map((x) => x / Math.sqrt(12.5)) }, 1e-6);
    assert.deepEqual(new nn.RMSNorm([2, 3], { elementwiseAffine: false }).parameters(), []);
    assert.equal(norm.forward(zeros(1, 2)).abs().sum().item(), 0);
  });

  it("BatchNorm with momentum null follows the mean of all batches; without running values it has none", () => {
    const norm = new nn.BatchNorm1d(1, { momentum: null });
    for (const centre of [1, 3, 8]) norm.forward(tensor([[centre - 1], [centre + 1]]));
    assert.ok(Math.abs(norm.runningMean!.item() - 4) < 1e-6);
    const free = new nn.BatchNorm2d(2, { trackRunningStats: false, affine: false }).eval();
    assert.deepEqual(Object.keys(free.stateDict()), []);
    assert.ok(
      free
        .forward(randn(4, 2, 3, 3).add(5))
        .mean()
        .abs()
        .item() < 1e-6,
    );
  });

  it("Dropout2d drops whole channels; AlphaDropout keeps mean and variance", () => {
    manualSeed(2);
    const y = new nn.Dropout2d(0.5).forward(ones(50, 4, 2, 2)).reshape(200, 4);
    for (const row of y.toArray() as number[][]) assert.ok(row.every((value) => value === row[0]));
    assert.deepEqual([...new Set(y.toTypedArray())].sort(), [0, 2]);
    const x = randn(20000);
    const z = new nn.AlphaDropout(0.3).forward(x);
    assert.ok(Math.abs(z.mean().item()) < 0.03 && Math.abs(z.std().item() - 1) < 0.03);
    assert.equal(new nn.AlphaDropout(0.3).eval().forward(x), x);
  });

  it("attention: without weights the same output, and the weights are shares", () => {
    const attention = new nn.MultiheadAttention(4, 2, { batchFirst: true });
    const [x, padding] = [
      randn(2, 3, 4),
      tensor([
        [false, false, true],
        [false, false, false],
      ]),
    ];
    const [y, weights] = attention.forward(x, x, x, { keyPaddingMask: padding, isCausal: true });
    const [same, none] = attention.forward(x, x, x, { keyPaddingMask: padding, isCausal: true, needWeights: false });
    close(same, { shape: y.shape, data: y.toTypedArray() }, 1e-6);
    assert.equal(none, undefined);
    close(weights!.sum(-1), { shape: [2, 3], data: Array<number>(6).fill(1) }, 1e-6);
    assert.equal(weights!.select(0, 0).narrow(1, 2, 1).abs().sum().item(), 0);
    const perHead = attention.forward(x, x, x, { averageAttnWeights: false })[1]!;
    assert.deepEqual(perHead.shape, [2, 2, 3, 3]);
  });

  it("init: orthogonal rows, numbers inside the bounds, channels kept", () => {
    manualSeed(4);
    const q = nn.init.orthogonal(zeros([3, 5], { dtype: "float64" }));
    close(q.matmul(q.t()), { shape: [3, 3], data: [1, 0, 0, 0, 1, 0, 0, 0, 1] }, 1e-14);
    const cut = nn.init.truncNormal(zeros(1000), { std: 3, a: -1, b: 2 });
    assert.ok(cut.min().item() >= -1 && cut.max().item() <= 2 && cut.std().item() > 0.5);
    const image = randn(1, 2, 4, 4);
    const kept = F.conv2d(image, nn.init.dirac(zeros(2, 2, 3, 3)), undefined, { padding: 1 });
    close(kept, { shape: image.shape, data: image.toTypedArray() }, 1e-6);
  });

  const module = new nn.Linear(1, 1);
  const wrong: [string, () => unknown, RegExp][] = [
    [
      "a name with a dot",
      () => new nn.ModuleDict().set("a.b", module),
      /a name must be a text without dots, got "a\.b"/,
    ],
    ["a name not there", () => new nn.ModuleDict({ a: module }).get("b"), /there is no "b"; there are a\./],
    [
      "a method's name",
      () => module.registerBuffer("forward", ones(1)),
      /registerBuffer: a name must be .* got "forward"/,
    ],
    [
      "no parameter",
      () => module.registerParameter("p", ones(1) as never),
      /must be an nn\.Parameter.*new nn\.Parameter\(x\)/,
    ],
    ["a path that leads nowhere", () => module.getParameter("bas"), /Linear has no "bas"\. There are: weight, bias\./],
    [
      "a vector too short",
      () => nn.utils.vectorToParameters(ones(1), module.parameters()),
      /need a vector \[2\], got \[1\]/,
    ],
    [
      "a padding row beyond",
      () => new nn.Embedding(3, 1, { paddingIdx: 3 }),
      /paddingIdx must be one of the 3 rows, got 3/,
    ],
    [
      "an unknown mask",
      () => new nn.MultiheadAttention(2, 1).forward(ones(1, 1, 2), undefined, undefined, { mask: ones(1) } as never),
      /MultiheadAttention\.forward: unknown option "mask"/,
    ],
    [
      "padding of another shape",
      () =>
        new nn.MultiheadAttention(2, 1).forward(ones(3, 1, 2), undefined, undefined, { keyPaddingMask: ones(3, 1) }),
      /keyPaddingMask must be \[1, 3\]/,
    ],
    [
      "an input of a cell",
      () => new nn.LSTMCell(2, 3).forward(ones(1, 3)),
      /LSTMCell: the input must be \[batch, 2\] or \[2\], got \[1, 3\]/,
    ],
    [
      "a state of a cell",
      () => new nn.GRUCell(2, 3).forward(ones(1, 2), ones(1, 2)),
      /GRUCell: the state must be \[1, 3\], got \[1, 2\]/,
    ],
    ["an odd size for glu", () => F.glu(ones(3)), /glu: dim 0 of \[3\] must be even/],
    ["a negative variance", () => F.gaussianNllLoss(ones(1), ones(1), tensor([-1])), /a variance is ≥ 0, found -1/],
    [
      "channels without places",
      () => F.dropout2d(ones(2, 3)),
      /dropout2d: needs \[batch, channels, height, width\], got \[2, 3\]/,
    ],
    [
      "a factor that does not divide",
      () => F.pixelShuffle(ones(1, 3, 2, 2), 2),
      /pixelShuffle: \[1, 3, 2, 2\] does not divide by the factor 2/,
    ],
    [
      "a layer that is no module",
      () => new nn.TransformerEncoder({} as never, 2),
      /needs a TransformerEncoderLayer first/,
    ],
  ];
  for (const [name, f, message] of wrong) it(`${name} is refused`, () => assert.throws(f, message));
});
