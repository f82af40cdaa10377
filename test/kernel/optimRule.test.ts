/** An optimizer of the user's own, sparse gradients, AMSGrad's forms, and states that do not belong. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import ts from "typescript";
import { manualSeed, nn, optim, randint, SparseTensor, tensor, type Tensor } from "../../kernel/gradbook.ts";
import { column, gradientFor, optimizers, type Make } from "./optimizers.ts";

/** The code in the docstring of `Optimizer`. */
function example(): string {
  const source = readFileSync(new URL("../../kernel/optim/optimizer.ts", import.meta.url), "utf8");
  const block = /@example\n([\s\S]*?)\*\/\s*export abstract class Optimizer/.exec(source)![1]!;
  return block.replace(/^ \* ?/gm, "");
}

describe("an optimizer written by a user", () => {
  it("as in the docstring of Optimizer: without a word from the compiler", function () {
    this.timeout(60_000);
    const root = resolve(import.meta.dirname, "../..");
    const name = `${root}/test/kernel/example.ts`;
    const options: ts.CompilerOptions = {
      ...{ target: ts.ScriptTarget.ES2024, module: ts.ModuleKind.ESNext, strict: true, noEmit: true, types: ["node"] },
      ...{ moduleResolution: ts.ModuleResolutionKind.Bundler, exactOptionalPropertyTypes: true, skipLibCheck: true },
      ...{ noImplicitOverride: true, allowImportingTsExtensions: true },
      paths: { gradbook: [`${root}/kernel/gradbook.ts`] },
    };
    const host = ts.createCompilerHost(options);
    const { getSourceFile, fileExists } = host;
    const code = `import { optim, type Tensor } from "gradbook";\n${example()}\nvoid MyAdam;`;
    host.fileExists = (path) => path === name || fileExists(path);
    host.getSourceFile = (path, version) =>
      path === name ? ts.createSourceFile(path, code, version) : getSourceFile.call(host, path, version);
    const program = ts.createProgram([name], options, host);
    const found = program.getSemanticDiagnostics(program.getSourceFile(name));
    assert.deepEqual(
      found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")),
      [],
    );
  });

  const { outputText } = ts.transpileModule(example(), { compilerOptions: { target: ts.ScriptTarget.ES2024 } });
  const MyAdam = new Function("optim", `${outputText}\nreturn MyAdam;`)(optim) as Make;

  const train = (make: (params: Tensor[]) => optim.Optimizer): number[] => {
    manualSeed(3);
    const model = new nn.Sequential(new nn.Linear(3, 8), new nn.Tanh(), new nn.Linear(8, 1));
    const x = tensor([
      [1, 2, 3],
      [0, -1, 0.5],
    ]);
    const optimizer = make(model.parameters());
    for (let step = 0; step < 30; step++) {
      optimizer.zeroGrad();
      (model.forward(x) as Tensor).square().mean().backward();
      optimizer.step();
    }
    return model.parameters().flatMap((p) => [...p.toTypedArray()]);
  };

  it("as in the docstring of Optimizer: the same bits as optim.Adam", () => {
    const options = { lr: 0.01, betas: [0.8, 0.99] as const };
    assert.deepEqual(
      train((params) => new MyAdam(params, options)),
      train((params) => new optim.Adam(params, options)),
    );
  });

  it("has groups, saving, its formula and checked options without a line of its own", () => {
    const [x, y] = [column([1, 2]), column([1, 2])];
    const [a, b] = [new MyAdam([x]), new MyAdam([y], { lr: 1 })];
    x.grad = y.grad = column([1, -1]).detach();
    a.step();
    b.loadStateDict(a.stateDict());
    y.detach().copy_(x.detach());
    a.step();
    b.step();
    assert.deepEqual(y.toArray(), x.toArray());
    assert.match(a.formula(), /^m = b1 \* m \+ \(1 - b1\) \* g\n/);
    assert.equal(a.effectiveLearningRate(x), 1e-3);
    assert.throws(() => new MyAdam([x], { rate: 1 }), /MyAdam: unknown option "rate"\. Options: lr, betas, eps\./);
  });
});

describe("the rule shown", () => {
  it("is the one for the options in use, once for each different group", () => {
    const [x, y] = [column([1]), column([1])];
    const optimizer = new optim.AdamW([{ params: x }, { params: y, weightDecay: 0, amsgrad: true }], {
      maximize: true,
    });
    const [first, second] = optimizer.formula().split("\n\n");
    assert.equal(
      first,
      [
        "g = -g",
        "w = w * (1 - lr * weightDecay)",
        "m = b1 * m + (1 - b1) * g",
        "v = b2 * v + (1 - b2) * g * g",
        "w = w - lr * (m / correct1) / (sqrt(v / correct2) + eps)",
      ].join("\n"),
    );
    assert.match(second!, /vmax = max\(vmax, v\)/);
    assert.equal(optim.SGD.formula, "w = w - lr * g");
    assert.match(String(optimizer), /\n {2}rule\n {4}g = -g\n/);
  });
});

describe("AMSGrad's variants", () => {
  it("have the ε of their source, also in a group of another variant", () => {
    const eps = (variant: string) => new optim.AMSGrad([column([1])], { variant } as never).paramGroups[0]!.eps;
    assert.deepEqual(["torch", "paper", "keras"].map(eps), [1e-8, 0, 1e-7]);
    const groups = new optim.AMSGrad([{ params: column([1]), variant: "keras" }, { params: column([1]) }]).paramGroups;
    assert.deepEqual(
      groups.map((group) => group.eps),
      [1e-7, 1e-8],
    );
  });

  it("the paper's does not divide 0 by 0 where there never was a gradient, and its rate is lr over √v̂", () => {
    const x = column([1, 1]);
    const optimizer = new optim.AMSGrad([x], { lr: 0.1, betas: [0, 0.75], variant: "paper" });
    x.grad = column([4, 0]).detach();
    optimizer.step();
    // v = (1 − 0.75) · 16 = 4, so the step is 0.1 · 4 / 2.
    assert.ok(Math.abs(x.toTypedArray()[0]! - 0.8) < 1e-15 && x.toTypedArray()[1] === 1);
    assert.deepEqual((optimizer.effectiveLearningRate(x) as Tensor).toArray(), [[0.05], [NaN]]);
  });

  for (const [options, message] of [
    [{ variant: "optax" }, /AMSGrad: variant must be "torch", "paper" or "keras", got "optax"/],
    [{ amsgrad: false }, /AMSGrad: amsgrad must be true \(without it, it is optim\.Adam\), got false/],
  ] as const) {
    it(`${JSON.stringify(options)} is refused`, () =>
      assert.throws(() => new optim.AMSGrad([column([1])], options as never), message));
  }
});

describe("Muon", () => {
  it("brings all singular values of a step near lr", () => {
    manualSeed(1);
    const x = tensor(
      [...Array(4)].map(() => [0, 0, 0]),
      { requiresGrad: true, dtype: "float64" },
    );
    x.grad = new nn.Linear(3, 4, { dtype: "float64" }).weight.detach();
    new optim.Muon([x], { lr: 1, weightDecay: 0 }).step();
    const square = x.detach().t().matmul(x.detach());
    // XᵀX of singular values 0.7 … 1.2 times √(4/3): diagonal near 4/3, the rest near 0.
    square.toTypedArray().forEach((value, i) => {
      const [low, high] = i % 4 === 0 ? [0.5, 1.9] : [-0.7, 0.7];
      assert.ok(value > low! && value < high!, `${value}`);
    });
  });

  it("refuses what is no matrix, and says where it belongs", () => {
    assert.throws(
      () => new optim.Muon(new nn.Linear(2, 2).parameters()),
      /Muon: takes matrices only, got a parameter \[2\]\. Give the others to optim\.AdamW/,
    );
  });
});

describe("sparse gradients", () => {
  const words = (ids: number[]): Tensor => tensor(ids, { dtype: "int32" });

  for (const [name, make] of [
    ["SGD", (p: Tensor[]) => new optim.SGD(p, { lr: 0.1 })],
    ["SGD with momentum", (p: Tensor[]) => new optim.SGD(p, { lr: 0.1, momentum: 0.9 })],
    ["Adagrad", (p: Tensor[]) => new optim.Adagrad(p, { lr: 0.1 })],
  ] as const) {
    it(`${name} learns an Embedding alike from sparse and dense gradients`, () => {
      const train = (sparse: boolean): Tensor => {
        manualSeed(5);
        const embedding = new nn.Embedding(20, 4, { sparse });
        const optimizer = make([embedding.weight]);
        for (let step = 0; step < 5; step++) {
          optimizer.zeroGrad();
          const ids = randint(20, [2, 3]);
          embedding.forward(ids).square().sum().add(embedding.forward(ids).sum()).backward();
          assert.equal(embedding.weight.grad instanceof SparseTensor, sparse);
          optimizer.step();
        }
        return embedding.weight;
      };
      const [a, b] = [train(true).toTypedArray(), train(false).toTypedArray()];
      a.forEach((value, i) => assert.ok(Math.abs(value - b[i]!) < 1e-6, `${i}: ${value} ${b[i]}`));
    });
  }

  it("SparseAdam moves the rows of the batch and no others; two batches before a step add up", () => {
    const embedding = new nn.Embedding(6, 2, { sparse: true });
    const before = embedding.weight.detach().clone();
    const optimizer = new optim.SparseAdam(embedding.parameters(), { lr: 0.1 });
    for (const ids of [
      [1, 4],
      [4, 4],
    ])
      embedding.forward(words(ids)).sum().backward();
    const grad = embedding.weight.grad as SparseTensor;
    assert.deepEqual(
      [grad.coalesce().indices.toArray(), grad.coalesce().values.toArray()],
      [
        [1, 4],
        [
          [1, 1],
          [3, 3],
        ],
      ],
    );
    optimizer.step();
    const moved = embedding.weight.detach().ne(before).toArray() as boolean[][];
    assert.deepEqual(
      moved.map(([a]) => a),
      [false, true, false, false, true, false],
    );
    optimizer.zeroGrad({ setToNone: false });
    assert.equal((embedding.weight.grad as SparseTensor).rows.length, 0);
    const still = embedding.weight.toArray();
    optimizer.step();
    assert.deepEqual(embedding.weight.toArray(), still);
  });

  it("clipGradNorm and clipGradValue see them", () => {
    const embedding = new nn.Embedding(6, 2, { sparse: true });
    embedding
      .forward(words([2, 2]))
      .sum()
      .backward();
    assert.ok(Math.abs(nn.utils.clipGradNorm(embedding.parameters(), 1).item() - Math.sqrt(8)) < 1e-6);
    assert.ok(Math.abs(embedding.weight.grad!.toTypedArray()[4]! - 1 / Math.sqrt(2)) < 1e-6);
    nn.utils.clipGradValue(embedding.parameters(), 0.5);
    assert.deepEqual((embedding.weight.grad as SparseTensor).values.toArray(), [[0.5, 0.5]]);
  });

  for (const [file, { make, sparse }] of Object.entries(optimizers)) {
    if (sparse || ["sgd", "adagrad"].includes(file)) continue;
    it(`${file} refuses them by name`, () => {
      const { weight } = new nn.Embedding(6, 2, { sparse: true });
      weight.grad = SparseTensor.of(words([1]), tensor([[1, 1]]), [6, 2]);
      const who = make.name;
      assert.throws(
        () => new make([weight]).step(),
        new RegExp(`${who}: the parameter \\[6, 2\\] has a sparse gradient \\(1 rows\\), which ${who} does not take`),
      );
    });
  }

  const { weight } = new nn.Embedding(6, 2, { sparse: true });
  const sparse = SparseTensor.of(words([1]), tensor([[1, 1]]), [6, 2]);
  const refused: [string, () => unknown, RegExp][] = [
    [
      "a dense gradient by SparseAdam",
      () => {
        weight.grad = sparse.toDense();
        new optim.SparseAdam([weight]).step();
      },
      /SparseAdam: the gradient of the parameter \[6, 2\] is dense\. Use optim\.Adam/,
    ],
    [
      "weight decay with a sparse gradient",
      () => {
        weight.grad = sparse;
        new optim.SGD([weight], { weightDecay: 0.1 }).step();
      },
      /SGD: weightDecay is 0\.1, and a sparse gradient moves only its own rows/,
    ],
    [
      "an operation on a sparse gradient",
      () => sparse.mul(2),
      /a sparse gradient \[6, 2\] with 1 rows .* cannot be used here, only a dense tensor\. Use its toDense\(\)/,
    ],
    [
      "a row that is not there",
      () => SparseTensor.of(words([6]), tensor([[1, 1]]), [6, 2]),
      /row 6 is outside \[6, 2\]/,
    ],
    [
      "a second derivative",
      () => {
        const e = new nn.Embedding(3, 1, { sparse: true });
        e.forward(words([1]))
          .square()
          .sum()
          .backward(undefined, { createGraph: true });
      },
      /a sparse gradient cannot be differentiated again/,
    ],
  ];
  for (const [name, f, message] of refused) it(`${name} is refused`, () => assert.throws(f, message));
});

describe("the state of another optimizer is refused", () => {
  const trained = Object.entries(optimizers).map(([file, entry]) => {
    const x = column([1, 2]);
    const optimizer = new entry.make([x], entry.options);
    x.grad = gradientFor(entry, [1, -1]);
    optimizer.step();
    return [file, optimizer] as const;
  });

  it("by its name, each by each other", () => {
    for (const [from, source] of trained) {
      for (const [to, target] of trained) {
        if (from === to) assert.doesNotThrow(() => target.loadStateDict(source.stateDict()));
        else assert.throws(() => target.loadStateDict(source.stateDict()), /loadStateDict: this is the state of "/);
      }
    }
  });

  it("without a name, as PyTorch writes it, by its options or its state", () => {
    const alike = [
      // One remembers what the other does; only the way of using it differs.
      ...["adam<adamw", "adamw<adam", "adam<sparseAdam", "adamw<sparseAdam", "sparseAdam<sparseAdam"],
      ...["adam<radam", "adamw<radam", "amsgrad<adam", "amsgrad<adamw", "amsgrad<radam", "amsgrad<sparseAdam"],
      ...["adam<amsgrad", "adamw<amsgrad", "radam<sparseAdam", "nadam<sparseAdam"],
    ];
    const accepted = trained.flatMap(([from, source]) => {
      const { state, param_groups } = source.stateDict();
      return trained
        .filter(([, target]) => {
          try {
            target.loadStateDict({ state, param_groups });
            return true;
          } catch (error) {
            assert.match(String(error), /another optimizer|has the option|amsgrad must be true/);
            return false;
          }
        })
        .map(([to]) => `${to}<${from}`)
        .filter((pair) => pair !== `${from}<${from}`);
    });
    assert.deepEqual(
      accepted.filter((pair) => !alike.includes(pair)),
      [],
    );
  });

  it("PyTorch's own is taken: counters in tensors, null for what is not there yet, options without meaning here", () => {
    const x = column([1, 2]);
    const optimizer = new optim.NAdam([x]);
    const zero = column([0, 0]).detach();
    optimizer.loadStateDict({
      state: { 0: { step: tensor(3), mu_product: tensor(0.5), exp_avg: zero, exp_avg_sq: zero } },
      param_groups: [{ lr: 0.5, betas: [0.9, 0.99], foreach: null, initial_lr: 1, params: [0] }],
    });
    assert.deepEqual([optimizer.state.get(x)!["step"], optimizer.state.get(x)!["mu_product"]], [3, 0.5]);
    const sgd = new optim.SGD([x], { momentum: 0.9 });
    sgd.loadStateDict({ state: { 0: { momentum_buffer: null as never } }, param_groups: [{ lr: 1, params: [0] }] });
    assert.deepEqual(sgd.state.get(x), {});
  });
});
