import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { gradcheck, manualSeed, nn, ones, randn, tensor, zeros, type Tensor } from "../../kernel/gradbook.ts";
import { close } from "./close.ts";

const F = nn.functional;
const f64 = (data: number[] | number[][]): Tensor => tensor(data, { dtype: "float64" });
const classes = (data: number[]): Tensor => tensor(data, { dtype: "int32" });

class Net extends nn.Module {
  layer1 = new nn.Linear(2, 4);
  blocks = new nn.ModuleList([
    new nn.Linear(4, 4),
    new nn.Sequential(new nn.ReLU(), new nn.Linear(4, 1, { bias: false })),
  ]);
  scale = new nn.Parameter(ones(1));
  count = new nn.Buffer(zeros([], { dtype: "int32" }));
  /** A plain tensor in a property is the user's own business. */
  last: Tensor | undefined;
  forward(x: Tensor): Tensor {
    this.last = x;
    for (const block of this.blocks) x = block.forward(block === this.blocks.at(0) ? this.layer1.forward(x) : x);
    return x.mul(this.scale);
  }
}

describe("Module", () => {
  it("finds parameters and buffers by property, under PyTorch's names and in its order", () => {
    const net = new Net();
    net.forward(randn(1, 2));
    const names = ["scale", "layer1.weight", "layer1.bias", "blocks.0.weight", "blocks.0.bias", "blocks.1.1.weight"];
    assert.deepEqual(
      net.namedParameters().map(([name]) => name),
      names,
    );
    assert.deepEqual(
      net.namedBuffers().map(([name]) => name),
      ["count"],
    );
    assert.deepEqual(Object.keys(net.stateDict()), ["scale", "count", ...names.slice(1)]);
    assert.equal(net.parameters().length, names.length);
  });

  it("a shared parameter counts once, but is saved under both names", () => {
    const a = new nn.Linear(2, 2);
    const b = new nn.Linear(2, 2);
    b.weight = a.weight;
    const both = new nn.Sequential(a, b);
    assert.equal(both.parameters().length, 3);
    assert.equal(Object.keys(both.stateDict()).length, 4);
  });

  it("a module used in two places is saved under both names, as in PyTorch, and stays one", () => {
    class Tied extends nn.Module {
      a = new nn.Linear(2, 2);
      b = this.a;
      parent: nn.Module = this;
      forward = (x: Tensor): Tensor => this.b.forward(this.a.forward(x));
    }
    const net = new Tied();
    const names = ["a.weight", "a.bias", "b.weight", "b.bias"];
    assert.deepEqual(Object.keys(net.stateDict()), names);
    assert.equal(net.parameters().length, 2);
    net.loadStateDict(Object.fromEntries(names.map((name) => [name, name.endsWith("s") ? zeros(2) : ones(2, 2)])));
    assert.deepEqual(net.forward(ones(1, 2)).toArray(), [[4, 4]]);
    const other = new nn.Linear(2, 2);
    other.weight = net.a.weight;
    const both = new nn.Sequential(net, other).to("float64");
    assert.ok(other.weight === net.b.weight && net.a === net.b);
    assert.equal(both.parameters().length, 3);
  });

  it("the weights of a loss are buffers: saved, loaded, converted; one that is learned keeps its gradient", () => {
    const loss = new nn.CrossEntropyLoss({ weight: tensor([1, 3]), reduction: "sum" });
    assert.deepEqual(Object.keys(loss.stateDict()), ["weight"]);
    assert.deepEqual(Object.keys(new nn.BCEWithLogitsLoss({ posWeight: tensor([2]) }).stateDict()), ["pos_weight"]);
    const value = (): number => loss.forward(zeros(1, 2, { dtype: "float64" }), tensor([1], { dtype: "int32" })).item();
    assert.ok(Math.abs(value() - 3 * Math.log(2)) < 1e-6);
    loss.loadStateDict({ weight: tensor([1, 5]) });
    assert.ok(
      Math.abs(
        loss
          .to("float64")
          .forward(zeros(1, 2, { dtype: "float64" }), tensor([1], { dtype: "int32" }))
          .item() -
          5 * Math.log(2),
      ) < 1e-12,
    );
    const learned = tensor([2], { requiresGrad: true });
    new nn.BCELoss({ weight: learned }).forward(tensor([0.5]), tensor([1])).backward();
    assert.ok(Math.abs(learned.grad!.item() - Math.log(2)) < 1e-6);
  });

  it("loads a state of the same names, into its own memory", () => {
    const [a, b] = [new Net(), new Net()];
    const { weight } = b.layer1;
    assert.deepEqual(b.loadStateDict(a.stateDict()), { missing: [], unexpected: [] });
    assert.equal(b.layer1.weight, weight);
    const x = randn(3, 2);
    assert.deepEqual(b.forward(x).toArray(), a.forward(x).toArray());
  });

  it("a state that does not fit changes nothing", () => {
    const net = new Net();
    const before = JSON.stringify(net.parameters().map((p) => p.toArray()));
    const state = net.stateDict();
    const wrong: [object, RegExp][] = [
      [{ ...state, extra: ones(1) }, /the names do not fit this Net: unexpected: extra\. Pass \{ strict: false \}/],
      [{ scale: zeros(1) }, /missing: count, layer1\.weight/],
      [{ ...state, scale: zeros(1), "layer1.bias": ones(5) }, /layer1\.bias has shape \[5\], this Net needs \[4\]/],
      [{ ...state, scale: 3 }, /scale must be a tensor, got 3/],
    ];
    for (const [dict, message] of wrong) assert.throws(() => net.loadStateDict(dict as never), message);
    assert.equal(JSON.stringify(net.parameters().map((p) => p.toArray())), before);
    assert.deepEqual(net.loadStateDict({ scale: zeros(1), extra: ones(1) }, { strict: false }).unexpected, ["extra"]);
    assert.equal(net.scale.item(), 0);
  });

  it("train and eval reach every module; apply goes from the inside out", () => {
    const net = new Net().eval();
    assert.ok(net.modules().every(({ training }) => !training));
    assert.ok(
      net
        .train()
        .modules()
        .every(({ training }) => training),
    );
    const order: string[] = [];
    net.apply((module) => order.push(module.constructor.name));
    assert.deepEqual(order, ["Linear", "Linear", "ReLU", "Linear", "Sequential", "ModuleList", "Net"]);
  });

  it("to converts parameters and floating buffers; zeroGrad drops gradients", () => {
    const net = new Net().to("float64");
    assert.deepEqual([net.scale.dtype, net.count.dtype, net.layer1.weight.requiresGrad], ["float64", "int32", true]);
    net
      .forward(f64([[1, 2]]))
      .sum()
      .backward();
    net.zeroGrad();
    assert.ok(net.parameters().every((p) => p.grad === undefined));
  });

  it("prints as PyTorch does", () => {
    const text =
      "Sequential(\n  (0): Linear(inFeatures=2, outFeatures=1, bias=true)\n  (1): Sequential(\n    (0): Dropout(p=0.5)\n    (1): ReLU()\n  )\n)";
    assert.equal(
      String(new nn.Sequential(new nn.Linear(2, 1), new nn.Sequential(new nn.Dropout(), new nn.ReLU()))),
      text,
    );
  });
});

describe("layers", () => {
  it("every activation module applies the op of its name", () => {
    const x = f64([-3, -0.5, 0.7, 8]);
    const cases: [nn.Module, Tensor][] = [
      [new nn.ReLU(), x.relu()],
      [new nn.ReLU6(), x.relu6()],
      [new nn.Sigmoid(), x.sigmoid()],
      [new nn.LogSigmoid(), x.logSigmoid()],
      [new nn.Tanh(), x.tanh()],
      [new nn.SELU(), x.selu()],
      [new nn.SiLU(), x.silu()],
      [new nn.Mish(), x.mish()],
      [new nn.Softsign(), x.softsign()],
      [new nn.Hardswish(), x.hardswish()],
      [new nn.Hardsigmoid(), x.hardsigmoid()],
      [new nn.Identity(), x],
      [new nn.LeakyReLU(0.3), x.leakyRelu({ negativeSlope: 0.3 })],
      [new nn.ELU({ alpha: 2 }), x.elu({ alpha: 2 })],
      [new nn.GELU("tanh"), x.gelu({ approximate: "tanh" })],
      [new nn.Softplus(2, { threshold: 1 }), x.softplus({ beta: 2, threshold: 1 })],
      [new nn.Hardtanh(-2), F.hardtanh(x, { minVal: -2 })],
      [new nn.Softmax(0), x.softmax(0)],
      [new nn.LogSoftmax({ dim: 0 }), x.logSoftmax(0)],
    ];
    for (const [module, want] of cases)
      assert.deepEqual(module.forward(x).toArray(), want.toArray(), module.constructor.name);
    assert.equal(new nn.PReLU().forward(tensor([-4])).item(), -1);
  });

  it("Dropout keeps the mean while training and passes everything in evaluation", () => {
    manualSeed(1);
    const dropout = new nn.Dropout(0.2);
    const y = dropout.forward(ones(10000));
    assert.deepEqual([...new Set(y.toTypedArray())].sort(), [0, 1.25]);
    assert.ok(Math.abs(y.mean().item() - 1) < 0.02);
    assert.equal(dropout.eval().forward(y), y);
    assert.deepEqual(new nn.Dropout({ p: 1 }).forward(ones(2)).toArray(), [0, 0]);
  });

  it("Flatten and Unflatten keep the batch", () => {
    const x = randn(2, 3, 4);
    assert.deepEqual(new nn.Flatten().forward(x).shape, [2, 12]);
    assert.deepEqual(new nn.Unflatten(1, [3, 4]).forward(new nn.Flatten().forward(x)).toArray(), x.toArray());
  });

  it("Linear starts evenly distributed in ±1/√inFeatures", () => {
    manualSeed(0);
    const { weight, bias } = new nn.Linear(100, 200);
    for (const p of [weight, bias!]) {
      const largest = p.abs().max().item();
      assert.ok(largest <= 0.1 && largest > 0.098, `${largest}`);
    }
  });
});

describe("losses", () => {
  const logits = f64([
    [1, 2, 0.5],
    [0.1, -1, 3],
  ]);
  const target = classes([1, 2]);
  const p = f64([[0.2, 0.9]]);

  it("the modules give what the functions give, options included", () => {
    const [a, b] = [f64([[1, 5]]), f64([[0, 2]])];
    const cases: [nn.Module, Tensor, Tensor, Tensor][] = [
      [new nn.MSELoss({ reduction: "sum" }), a, b, F.mseLoss(a, b, { reduction: "sum" })],
      [new nn.L1Loss(), a, b, F.l1Loss(a, b)],
      [new nn.SmoothL1Loss({ beta: 2 }), a, b, F.smoothL1Loss(a, b, { beta: 2 })],
      [new nn.HuberLoss({ delta: 2 }), a, b, F.huberLoss(a, b, { delta: 2 })],
      [new nn.NLLLoss(), logits, target, F.nllLoss(logits, target)],
      [
        new nn.CrossEntropyLoss({ labelSmoothing: 0.2 }),
        logits,
        target,
        F.crossEntropy(logits, target, { labelSmoothing: 0.2 }),
      ],
      [new nn.BCELoss(), p, p, F.binaryCrossEntropy(p, p)],
      [
        new nn.BCEWithLogitsLoss({ posWeight: f64([3, 1]) }),
        a,
        p,
        F.binaryCrossEntropyWithLogits(a, p, { posWeight: f64([3, 1]) }),
      ],
      [
        new nn.KLDivLoss({ reduction: "batchmean" }),
        logits,
        logits.softmax(1),
        F.klDiv(logits, logits.softmax(1), { reduction: "batchmean" }),
      ],
    ];
    for (const [module, input, t, want] of cases)
      assert.equal(module.forward(input, t).item(), want.item(), module.constructor.name);
  });

  it("cross entropy: adding a constant to all logits changes nothing, equal logits give ln n", () => {
    close(F.crossEntropy(logits.add(1e6), target), { shape: [], data: [F.crossEntropy(logits, target).item()] }, 1e-9);
    close(F.crossEntropy(zeros([4, 7], { dtype: "float64" }), classes([0, 3, 6, 2])), {
      shape: [],
      data: [Math.log(7)],
    });
  });

  it("cross entropy: ignored examples do not count; with probabilities as with classes", () => {
    const ignoring = F.crossEntropy(logits, classes([1, -100]));
    assert.equal(ignoring.item(), F.crossEntropy(logits.narrow(0, 0, 1), classes([1])).item());
    const oneHot = f64([
      [0, 1, 0],
      [0, 0, 1],
    ]);
    for (const options of [{}, { labelSmoothing: 0.3 }, { reduction: "sum" as const }]) {
      close(F.crossEntropy(logits, oneHot, options), {
        shape: [],
        data: [F.crossEntropy(logits, target, options).item()],
      });
    }
  });

  it("cross entropy takes further dims, and a single example", () => {
    const images = randn(2, 3, 4).to("float64");
    const labels = tensor(
      [
        [0, 1, 2, 0],
        [2, 2, 1, 0],
      ],
      { dtype: "int32" },
    );
    const flat = images.permute(0, 2, 1).reshape(8, 3);
    close(F.crossEntropy(images, labels), { shape: [], data: [F.crossEntropy(flat, labels.reshape(8)).item()] });
    close(F.crossEntropy(logits.select(0, 0), tensor(1, { dtype: "int32" })), {
      shape: [],
      data: [F.crossEntropy(logits.narrow(0, 0, 1), classes([1])).item()],
    });
  });

  it("binary cross entropy with logits: the gradient by both arguments, weights included", () => {
    const input = f64([-2, 0.5, 3]).requiresGrad_();
    const t = f64([0.3, 1, 0]).requiresGrad_();
    gradcheck((a: Tensor, b: Tensor) => F.binaryCrossEntropyWithLogits(a, b), [input, t]);
    gradcheck(
      (a: Tensor, b: Tensor) => F.binaryCrossEntropyWithLogits(a, b, { posWeight: f64([1, 2, 3]) }),
      [input, t],
    );
    gradcheck((a: Tensor, b: Tensor) => F.binaryCrossEntropy(a.sigmoid(), b), [input, t]);
    assert.equal(F.binaryCrossEntropy(f64([0]), f64([1])).item(), 100);
    assert.ok(Number.isFinite(F.binaryCrossEntropyWithLogits(f64([-1000]), f64([1])).item()));
  });

  const wrong: [string, () => unknown, RegExp][] = [
    [
      "shapes that would broadcast",
      () => F.mseLoss(randn(4, 1), randn(4)),
      /mseLoss: input \[4, 1\] and target \[4\] must have one shape\. Use reshape, squeeze or unsqueeze/,
    ],
    [
      "no such reduction",
      () => F.l1Loss(p, p, { reduction: "avg" as never }),
      /l1Loss: reduction must be "mean", "sum" or "none", got "avg"/,
    ],
    [
      "classes as floats of another shape",
      () => F.crossEntropy(logits, f64([1, 2])),
      /crossEntropy: a float64 target must hold a probability for each class, \[2, 3\] as the input, got \[2\]\. Class labels must be int32: labels\.to\("int32"\)/,
    ],
    [
      "a class that does not exist",
      () => F.crossEntropy(logits, classes([1, 3])),
      /target 1 is class 3, but the input has 3 classes, numbered from 0 to 2/,
    ],
    [
      "too few targets",
      () => F.crossEntropy(logits, classes([1])),
      /for an input \[2, 3\] the target must be \[2\], one class number each, got \[1\]/,
    ],
    [
      "weights of another number",
      () => F.crossEntropy(logits, target, { weight: f64([1]) }),
      /weight must be \[3\], one factor per class, got \[1\]/,
    ],
    [
      "logits for probabilities",
      () => F.binaryCrossEntropy(logits, logits),
      /found 2\. Apply sigmoid\(\) first, or use binaryCrossEntropyWithLogits/,
    ],
    [
      "an unknown option",
      () => F.crossEntropy(logits, target, { smoothing: 1 } as never),
      /crossEntropy: unknown option "smoothing"/,
    ],
    [
      "an unknown option of a module",
      () => new nn.CrossEntropyLoss({ smoothing: 1 } as never),
      /CrossEntropyLoss: unknown option "smoothing"/,
    ],
    ["a probability of 2", () => new nn.Dropout(2), /Dropout: p must be a number from 0 to 1, got 2/],
    [
      "an input of another size",
      () => new nn.Linear(3, 1).forward(randn(2, 4)),
      /linear: the last dim of the input \[2, 4\] must be 3, because weight is \[1, 3\]/,
    ],
    [
      "a function in Sequential",
      () => new nn.Sequential(((x: Tensor) => x) as never),
      /Sequential: entry 0 must be a module, got function/,
    ],
    ["a negative size", () => new nn.Linear(-1, 2), /Linear: a size must be a whole number ≥ 0, got -1/],
  ];
  for (const [name, f, message] of wrong) it(`${name}: refused`, () => assert.throws(f, message));
});

describe("nn.utils", () => {
  const parameters = (): Tensor[] => {
    const list = [f64([0, 0]).requiresGrad_(), f64([0]).requiresGrad_(), f64([1]).requiresGrad_()];
    list[0]!.grad = f64([3, 0]);
    list[1]!.grad = f64([4]);
    return list;
  };
  it("clipGradNorm scales all gradients together and returns the norm from before", () => {
    const list = parameters();
    assert.equal(nn.utils.clipGradNorm(list, 1).item(), 5);
    close(list[0]!.grad!, { shape: [2], data: [3 / (5 + 1e-6), 0] });
    close(list[1]!.grad!, { shape: [1], data: [4 / (5 + 1e-6)] });
    assert.equal(nn.utils.clipGradNorm(parameters(), 10, { normType: Infinity }).item(), 4);
  });
  it("clipGradNorm leaves small gradients alone", () => {
    const list = parameters();
    nn.utils.clipGradNorm(list, 100);
    assert.deepEqual(list[1]!.grad!.toArray(), [4]);
  });
  it("clipGradValue clamps each element", () => {
    const list = parameters();
    nn.utils.clipGradValue(list, 3.5);
    assert.deepEqual(
      list.map((p) => p.grad?.toArray()),
      [[3, 0], [3.5], undefined],
    );
  });
});

describe("the public index", () => {
  it("every file of kernel/nn has its exports in nn", async () => {
    const everything = new Set<unknown>(
      [nn, nn.functional, nn.init, nn.utils].flatMap((part) => Object.values(part ?? {})),
    );
    const helpers = ["copy.ts", "module.ts", "options.ts", "functional.ts", "index.ts", "init.ts", "summary.ts"];
    for (const file of readdirSync(new URL("../../kernel/nn", import.meta.url)).filter(
      (name) => name.endsWith(".ts") && !helpers.includes(name),
    )) {
      const module = (await import(`../../kernel/nn/${file}`)) as { [name: string]: unknown };
      for (const [name, value] of Object.entries(module))
        assert.ok(
          typeof value !== "function" || everything.has(value),
          `nn/${file} exports ${name}, which nn does not give`,
        );
    }
  });
});
