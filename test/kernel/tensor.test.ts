import assert from "node:assert/strict";
import fc from "fast-check";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  arange,
  eye,
  full,
  linspace,
  load,
  manualSeed,
  nn,
  ones,
  onesLike,
  optim,
  randint,
  randn,
  save,
  tensor,
  zeros,
  type Tensor,
} from "../../kernel/gradbook.ts";
import { resultType } from "../../kernel/tensor/dtype.ts";
import { erf, normalCdf } from "../../kernel/tensor/functions.ts";
import { poisonMemory } from "../../kernel/tensor/storage.ts";

describe("tensor", () => {
  const cases: [string, Tensor, readonly number[], string, unknown][] = [
    ["a number", tensor(3), [], "float32", 3],
    [
      "nested arrays",
      tensor([
        [1, 2],
        [3, 4],
      ]),
      [2, 2],
      "float32",
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ["booleans", tensor([true, false]), [2], "bool", [true, false]],
    ["nothing", tensor([]), [0], "float32", []],
    ["rows of nothing", tensor([[], []]), [2, 0], "float32", [[], []]],
    ["a Float64Array", tensor(Float64Array.of(1, 2)), [2], "float64", [1, 2]],
    ["a Uint8Array", tensor(Uint8Array.of(1, 255)), [2], "int32", [1, 255]],
    ["another tensor, converted", tensor(tensor([1.7, -1.7]), { dtype: "int32" }).abs(), [2], "int32", [1, 1]],
    ["zeros", zeros(2, 1), [2, 1], "float32", [[0], [0]]],
    ["ones with a dtype", ones([2], { dtype: "int32" }), [2], "int32", [1, 1]],
    ["full", full([2], 7), [2], "float32", [7, 7]],
    ["onesLike", onesLike(zeros([1], { dtype: "float64" })), [1], "float64", [1]],
    ["arange", arange(4), [4], "int32", [0, 1, 2, 3]],
    ["arange by parts", arange(0, 1, 0.25), [4], "float32", [0, 0.25, 0.5, 0.75]],
    ["arange downwards", arange(3, 0, -2), [2], "int32", [3, 1]],
    ["linspace", linspace(0, 1, 5), [5], "float32", [0, 0.25, 0.5, 0.75, 1]],
    [
      "eye",
      eye(2, 3),
      [2, 3],
      "float32",
      [
        [1, 0, 0],
        [0, 1, 0],
      ],
    ],
  ];
  for (const [name, x, shape, dtype, values] of cases) {
    it(name, () => assert.deepEqual([x.shape, x.dtype, x.toArray()], [shape, dtype, values]));
  }

  it("copies what comes in and what goes out", () => {
    const source = Float32Array.of(1, 2);
    const x = tensor(source);
    source[0] = 9;
    const out = x.toTypedArray();
    out[1] = 9;
    assert.deepEqual(x.toArray(), [1, 2]);
  });

  it("views share memory, in every direction", () => {
    const x = zeros(2, 3);
    x.t().select(0, 1).fill_(5);
    x.narrow(1, 1, 2)
      .slice([null, [1, 2]])
      .add_(1);
    assert.deepEqual(x.toArray(), [
      [0, 5, 1],
      [0, 5, 1],
    ]);
  });

  it("iterates over its rows", () =>
    assert.deepEqual(
      [...tensor([[1], [2]])].map((row) => row.toArray()),
      [[1], [2]],
    ));

  const wrong: [string, () => unknown, RegExp][] = [
    [
      "ragged rows",
      () => tensor([[1, 2], [3]]),
      /all rows must have one length: data\[1\] has 1 entries, data\[0\] has 2/,
    ],
    ["text", () => tensor(["1" as unknown as number]), /data\[0\] must be a number or a boolean, got "1"/],
    [
      "a fraction in int32",
      () => tensor([2 ** 31], { dtype: "int32" }),
      /2147483648 at position 0 does not fit into int32/,
    ],
    [
      "an unknown dtype",
      () => zeros([1], { dtype: "int64" as "int32" }),
      /dtype must be .*got "int64"\. Use "int32" for whole numbers/,
    ],
    ["a BigInt64Array", () => tensor(BigInt64Array.of(1n) as unknown as Float32Array), /cannot take a BigInt64Array/],
    ["a negative size", () => zeros(-1), /a size must be a whole number ≥ 0, got -1/],
    [
      "JavaScript's plus",
      () => (tensor([1, 2]) as unknown as number) + 1,
      /JavaScript's \+ - \* \/ cannot be used on a tensor of shape \[2\]: write a\.add\(b\)/,
    ],
    [
      "an unknown option",
      () => tensor(1, { requires_grad: true } as object),
      /tensor: unknown option "requires_grad"\. Options: dtype, requiresGrad\./,
    ],
    ["an endless range", () => arange(0, 1, -1), /arange: from 0 to 1 by -1 has no end/],
  ];
  for (const [name, f, message] of wrong) it(`${name} is refused`, () => assert.throws(f, message));
});

describe("dtypes of mixed expressions are PyTorch's", () => {
  const [f32, f64, i32, bool] = (["float32", "float64", "int32", "bool"] as const).map((dtype) =>
    zeros([2], { dtype }),
  ) as [Tensor, Tensor, Tensor, Tensor];
  const d0 = zeros([], { dtype: "float64" });
  const cases: [string, string, string][] = [
    ["float32 + float64", resultType(f32, f64), "float64"],
    ["int32 + float32", resultType(i32, f32), "float32"],
    ["bool + int32", resultType(bool, i32), "int32"],
    ["float32[2] + float64[]", resultType(f32, d0), "float32"],
    ["int32[2] + float64[]", resultType(i32, d0), "float64"],
    ["int32 + 2", resultType(i32, 2), "int32"],
    ["int32 + 0.5", resultType(i32, 0.5), "float32"],
    ["float64 + 0.5", resultType(f64, 0.5), "float64"],
    ["bool + 1", resultType(bool, 1), "int32"],
    ["float64[] + int32[]", resultType(d0, zeros([], { dtype: "int32" })), "float64"],
  ];
  for (const [name, got, want] of cases) it(`${name} → ${want}`, () => assert.equal(got, want));
});

describe("printing", () => {
  const cases: [Tensor, string][] = [
    [tensor(0.69314718), "tensor(0.6931)"],
    [tensor([1, 2, 30]), "tensor([ 1.,  2., 30.], shape=[3])"],
    [
      tensor([
        [1, -2.5],
        [3, 4],
      ]),
      "tensor([[ 1.0000, -2.5000],\n        [ 3.0000,  4.0000]], shape=[2, 2])",
    ],
    [tensor([1e-5, 1]), "tensor([1.0000e-05, 1.0000e+00], shape=[2])"],
    [tensor([NaN, Infinity, 1.5]), "tensor([   nan,    inf, 1.5000], shape=[3])"],
    [tensor([true, false]), "tensor([ true, false], shape=[2], dtype=bool)"],
    [tensor([1, -10], { dtype: "int32" }), "tensor([  1, -10], shape=[2], dtype=int32)"],
    [zeros(2, 0), "tensor([], shape=[2, 0])"],
    [zeros([2, 1, 2]), "tensor([[[0., 0.]],\n\n        [[0., 0.]]], shape=[2, 1, 2])"],
    [tensor(2, { requiresGrad: true }).mul(3), "tensor(6., gradOp=mul)"],
    [
      tensor([1], { dtype: "float64", requiresGrad: true }),
      "tensor([1.], shape=[1], dtype=float64, requiresGrad=true)",
    ],
    [
      arange(2000).reshape(2, 1000),
      "tensor([[   0,    1,    2,  ...,  997,  998,  999],\n        [1000, 1001, 1002,  ..., 1997, 1998, 1999]], shape=[2, 1000],\n       dtype=int32)",
    ],
  ];
  for (const [x, want] of cases) it(want.split("\n")[0]!, () => assert.equal(String(x), want));

  it("a million elements are summarised at once", () => assert.ok(String(zeros(1000, 1000)).length < 600));

  it("a notebook shows text, and HTML with shape and dtype", () => {
    const bundle = (tensor([[1, 2]]) as unknown as { [key: symbol]: () => { [mime: string]: string } })[
      Symbol.for("Jupyter.display")
    ]!();
    assert.equal(bundle["text/plain"], "tensor([[1., 2.]], shape=[1, 2])");
    assert.match(bundle["text/html"]!, /Tensor \[1, 2\]<\/strong> · float32/);
  });
});

describe("erf", () => {
  // Wolfram Alpha, 17 digits.
  for (const [x, want] of [
    [0, 0],
    [0.5, 0.52049987781304654],
    [1, 0.84270079294971487],
    [2.5, 0.99959304798255504],
    [4, 0.9999999845827421],
    [-1, -0.84270079294971487],
    [7, 1],
  ] as const) {
    it(`erf(${x})`, () => assert.ok(Math.abs(erf(x) - want) < 2e-16, `got ${erf(x)}`));
  }
});

describe("normal distribution function", () => {
  // mpmath, 18 digits.
  for (const [x, want] of [
    [-37, 5.72557122252457682e-300],
    [-8, 6.22096057427178412e-16],
    [-3.6, 1.59108590157533825e-4],
    [-3.5, 2.32629079035525036e-4],
    [-0.25, 0.401293674317076276],
    [0, 0.5],
    [2, 0.977249868051820793],
    [9, 1],
    [-Infinity, 0],
    [Infinity, 1],
  ] as const) {
    it(`Φ(${x})`, () => assert.ok(Math.abs(normalCdf(x) - want) <= 2e-12 * want, `got ${normalCdf(x)}`));
  }
});

describe("memory that is not zero when it is allocated changes no result", () => {
  it("a training step", () => {
    const run = (): unknown => {
      manualSeed(5);
      const model = new nn.Sequential(new nn.Linear(6, 5), new nn.ReLU(), new nn.Dropout(0.3), new nn.Linear(5, 3));
      const optimizer = new optim.Adam(model.parameters());
      for (let step = 0; step < 3; step++) {
        optimizer.zeroGrad();
        const x = randn(4, 6);
        nn.functional.crossEntropy(model.forward(x), randint(3, [4]), { labelSmoothing: 0.1 }).backward();
        nn.utils.clipGradNorm(model.parameters(), 0.1);
        optimizer.step();
      }
      return model.parameters().map((p) => p.toArray());
    };
    const clean = run();
    poisonMemory(77);
    try {
      assert.deepEqual(run(), clean);
    } finally {
      poisonMemory(undefined);
    }
  });
});

describe("save and load", () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "gradbook-save-"))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const file = (name = "x.safetensors"): string => join(folder, name);

  it("brings back tensors of every dtype and the objects around them", () => {
    const object = {
      weights: {
        f32: randn(2, 3),
        f64: tensor([1 / 3], { dtype: "float64" }),
        i32: arange(3),
        bool: tensor([true, false]),
      },
      list: [tensor(2), { "a.b": tensor([1]), a: { b: tensor([2]) } }],
      numbers: [1, -0, NaN, -Infinity, 1e300],
      text: "größer → $",
      $: { nested: "dollar" },
      nothing: [null, undefined, true],
    };
    save(object, file());
    const back = load(file());
    const plain = (x: unknown): unknown =>
      JSON.stringify(x, (_k, v) =>
        v?.toArray !== undefined
          ? [v.dtype, v.toArray()]
          : Object.is(v, -0)
            ? "-0"
            : typeof v === "number"
              ? String(v)
              : v === undefined
                ? "undefined"
                : v,
      );
    assert.equal(plain(back), plain(object));
    assert.deepEqual(readdirSync(folder), ["x.safetensors"]);
  });

  it("takes a URL, and transposed tensors", () => {
    const x = randn(2, 3);
    save(x.t(), pathToFileURL(file()));
    assert.deepEqual(load<Tensor>(pathToFileURL(file())).toArray(), x.t().toArray());
  });

  it("training goes on bit for bit from the file", () => {
    for (const [make, options] of [
      [optim.Adam, { amsgrad: true }],
      [optim.SGD, { momentum: 0.9, lr: 0.1 }],
      [optim.RMSprop, { centered: true, momentum: 0.5 }],
    ] as [any, object][]) {
      const build = (): { model: nn.Sequential; optimizer: optim.Optimizer } => {
        const model = new nn.Sequential(new nn.Linear(4, 8), new nn.Tanh(), new nn.Linear(8, 1));
        return { model, optimizer: new make(model.parameters(), options) };
      };
      manualSeed(1);
      const batches = Array.from({ length: 10 }, () => [randn(16, 4), randn(16, 1)] as const);
      const train = ({ model, optimizer }: ReturnType<typeof build>, from: number): void => {
        for (const [x, y] of batches.slice(from, from + 5)) {
          optimizer.zeroGrad();
          nn.functional.mseLoss(model.forward(x), y).backward();
          optimizer.step();
        }
      };
      const first = build();
      train(first, 0);
      save({ model: first.model.stateDict(), optimizer: first.optimizer.stateDict(), step: 5 }, file());
      train(first, 5);
      const second = build();
      const saved = load(file());
      second.model.loadStateDict(saved.model);
      second.optimizer.loadStateDict(saved.optimizer);
      train(second, saved.step);
      assert.deepEqual(
        second.model.parameters().map((p) => p.toArray()),
        first.model.parameters().map((p) => p.toArray()),
      );
    }
  });

  it("is a safetensors file that others read, and reads theirs: F16, BF16, I64 and U8 too", () => {
    save({ "layer.weight": tensor([[1, 2]]) }, file());
    const bytes = readFileSync(file());
    const length = Number(bytes.readBigUInt64LE(0));
    assert.deepEqual(JSON.parse(bytes.toString("utf8", 8, 8 + length))["layer.weight"], {
      dtype: "F32",
      shape: [1, 2],
      data_offsets: [0, 8],
    });
    assert.equal(length % 8, 0);

    const data = Buffer.concat([
      Buffer.from(Uint16Array.of(0x3c00, 0xc100, 0x0001, 0x7c00).buffer),
      Buffer.from(Uint16Array.of(0x3fc0).buffer),
      Buffer.from(BigInt64Array.of(-7n).buffer),
      Buffer.from([200]),
    ]);
    writeFileSync(
      file(),
      foreign({ h: ["F16", [4], 8], b: ["BF16", [1], 2], i: ["I64", [], 8], u: ["U8", [1], 1] }, data),
    );
    const { h, b, i, u } = load(file());
    assert.deepEqual(
      [h.toArray(), b.toArray(), i.toArray(), u.toArray(), i.dtype],
      [[1, -2.5, 2 ** -24, Infinity].map(Math.fround), [1.5], -7, [200], "int32"],
    );
  });

  /** A file as another program writes it: entries are [dtype, shape, bytes]. */
  function foreign(entries: { [name: string]: [string, number[], number] }, data: Uint8Array): Buffer {
    let at = 0;
    const header = Buffer.from(
      JSON.stringify(
        Object.fromEntries(
          Object.entries(entries).map(([name, [dtype, shape, bytes]]) => [
            name,
            { dtype, shape, data_offsets: [at, (at += bytes)] },
          ]),
        ),
      ),
    );
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    return Buffer.concat([length, header, data]);
  }

  it("a file cut off anywhere is an error with its name, never half an object", () => {
    save({ a: randn(3), b: arange(4) }, file());
    const whole = readFileSync(file());
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
        writeFileSync(file("cut"), whole.subarray(0, length));
        assert.throws(
          () => load(file("cut")),
          (error: Error) => error.name === "FileError" && error.message.includes(file("cut")),
        );
      }),
    );
  });

  const broken: [string, Buffer, RegExp][] = [
    [
      "a picture",
      Buffer.from("\x89PNG\r\n\x1a\n0000000000"),
      /is not a whole safetensors file .*announce a header of \d+ bytes, but only \d+ follow/,
    ],
    [
      "a type that is not known",
      foreign({ x: ["F8_E4M3", [1], 1] }, Buffer.alloc(1)),
      /tensor "x" has the type F8_E4M3; known are F64, F32/,
    ],
    [
      "sizes that do not fit",
      foreign({ x: ["F32", [3], 8] }, Buffer.alloc(8)),
      /tensor "x" \(F32 \[3\]\) needs 12 bytes, its entry gives it 8/,
    ],
    [
      "more bytes than announced",
      foreign({ x: ["F32", [1], 4] }, Buffer.alloc(9)),
      /expected \d+ bytes in all, found \d+/,
    ],
    [
      "a number too large for int32",
      foreign({ x: ["I64", [1], 8] }, Buffer.from(BigInt64Array.of(2n ** 40n).buffer)),
      /holds 1099511627776 at position 0, which does not fit into int32/,
    ],
  ];
  for (const [name, bytes, message] of broken) {
    it(`${name} is refused`, () => {
      writeFileSync(file(), bytes);
      assert.throws(() => load(file()), message);
    });
  }

  it("what cannot be saved is named by its place, and the file from before stays", () => {
    save({ epoch: 1 }, file());
    const { mtimeMs } = statSync(file());
    assert.throws(
      () => save({ a: { model: new nn.Linear(1, 1) } } as never, file()),
      /a\.model is a Linear; .* Save its stateDict\(\)\./,
    );
    assert.throws(() => save({ f: (() => 1) as never }, file()), /f is function/);
    const loop: { [name: string]: never } = {};
    loop["self"] = loop as never;
    assert.throws(() => save(loop, file()), /self contains itself/);
    assert.throws(() => save({}, join(folder, "missing", "x")), /save: cannot write .*missing/);
    assert.throws(() => load(file("nowhere")), /load: cannot read .*nowhere/);
    assert.equal(statSync(file()).mtimeMs, mtimeMs);
    assert.deepEqual([load(file()), readdirSync(folder)], [{ epoch: 1 }, ["x.safetensors"]]);
  });
});
