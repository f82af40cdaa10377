import assert from "node:assert/strict";
import fc from "fast-check";
import "../../../kernel/ops/methods.ts";
import { filled, tensor } from "../../../kernel/tensor/create.ts";
import type { DType } from "../../../kernel/tensor/dtype.ts";
import { functions } from "../../../kernel/tensor/functions.ts";
import { parseRule } from "../../../kernel/tensor/formula.ts";
import { compileLoop } from "../../../kernel/tensor/loop.ts";
import { compilePass } from "../../../kernel/tensor/pass.ts";
import { broadcastStrides, sizeOf } from "../../../kernel/tensor/shape.ts";
import { view, type Tensor } from "../../../kernel/tensor/tensor.ts";
import { compileElementwise } from "../../../kernel/wasm/elementwise.ts";
import { attempt } from "../../../kernel/wasm/kernel.ts";
import { log } from "../../../kernel/wasm/log.ts";
import { ModuleBuilder } from "../../../kernel/wasm/module.ts";
import { setVariant } from "../../../kernel/wasm/probe.ts";
import { setThreadCount } from "../../../kernel/wasm/threads.ts";
import { fused, plain, wide } from "../../../kernel/wasm/variant.ts";

/** Distance of floats near x: the unit in the last place. */
function unit(x: number): number {
  const size = Math.abs(x);
  return size < 2 ** -126 ? 2 ** -149 : 2 ** (Math.floor(Math.log2(size)) - 23);
}

// prettier-ignore
const special = [
  0, -0, 1, -1, Infinity, -Infinity, NaN, 1e-45, -1e-45, 1e-40, -1e-40, 1.17e-38, 3.4e38, -3.4e38, 88.72, 88.73, 89.3,
  89.5, -87.4, -100, -103.9, -104, 127, 128, 0.5, -0.5, 2, 1.5, 2.5, -2.5, 8388607.5, 1e9,
];
function samples(count: number, angles: boolean): Float32Array {
  let seed = 1;
  const random = (): number => ((seed = (Math.imul(seed, 1664525) + 1013904223) | 0) >>> 0) / 2 ** 32;
  const ranges = [
    () => random() * 4 - 2,
    () => random() * 200 - 100,
    () => (random() - 0.5) * 10 ** (random() * 10 - 8),
    () => random() * 12 - 6,
    () => (angles ? random() * 2e5 - 1e5 : random() * 20),
  ];
  return Float32Array.from({ length: count }, (_, i) =>
    !angles && i < special.length ? special[i]! : ranges[i % ranges.length]!(),
  );
}

/** Units in the last place that a function may be off. What is not named is exact. */
const allowed: { readonly [name: string]: number } = {
  exp: 1.5,
  expm1: 2,
  log: 1.5,
  log1p: 2,
  log2: 2.5,
  log10: 3,
  sin: 2,
  cos: 2,
  tan: 4,
  asin: 3,
  acos: 2,
  atan: 3,
  sinh: 2,
  cosh: 2,
  tanh: 3,
  sigmoid: 3,
  softplus: 3,
  erf: 2,
  normalPdf: 2,
  normalCdf: 7,
};
const variants = [plain, fused, wide];
afterEach(() => setVariant(undefined));

describe("formulas in WebAssembly", () => {
  for (const variant of variants) {
    for (const [name, f] of Object.entries(functions)) {
      if (f.length !== 1) continue;
      it(`${name}, ${variant.name}: a few units in the last place, special values as IEEE 754`, () => {
        setVariant(variant);
        const angles = ["sin", "cos", "tan"].includes(name);
        const data = samples(20_000, angles);
        const x = tensor(data);
        const y = filled(x.shape, 7, "float32");
        compileLoop(`y = ${name}(x)`, { operands: ["y", "x"], writes: ["y"] })(x.shape, [y, x], []);
        y.toTypedArray().forEach((got, i) => {
          const exact = f(data[i]!);
          const want = Math.fround(exact);
          // Math.sign and ours of −½ differ in the sign of zero only for round, where PyTorch has −0 as well.
          if (Object.is(got, want) || (name === "round" && got === want)) return;
          // Near a zero of the sine the reduction of a large angle leaves 2⁻²⁴.
          const slack = angles ? Math.max(allowed[name]! * unit(exact), 2 ** -24 * (1 + exact * exact)) : undefined;
          const bound = slack ?? (allowed[name] ?? 0) * unit(exact);
          assert.ok(Math.abs(got - exact) <= bound, `${name}(${data[i]}) is ${got}, should be ${want}`);
        });
      });
    }
  }

  it("angles beyond 1e5 are computed in JavaScript, exactly, also in place", () => {
    const sine = compileLoop("y = sin(x)", { operands: ["y", "x"], writes: ["y"] });
    const data = [0.5, 1e6, 3e30, Infinity, -1e5 - 1, 2, 3, 4, 5];
    const x = tensor(data);
    const y = filled([9], 0, "float32");
    sine([9], [y, x], []);
    assert.deepEqual(
      [...y.toTypedArray()],
      data.map((v) => Math.fround(Math.sin(Math.fround(v)))),
    );
    compileLoop("x = cos(x)", { operands: ["x"], writes: ["x"] })([9], [x], []);
    assert.deepEqual(
      [...x.toTypedArray()],
      data.map((v) => Math.fround(Math.cos(Math.fround(v)))),
    );
  });

  const formulas = [
    "a + b",
    "a - b * c",
    "a * b + c * s",
    "a / (1 + abs(b)) - t",
    "a > b ? a : c * s",
    "a <= b && b < c ? 1 : 0",
    "(a > 0) + (b > 0) * 2",
    "!(a > b) || c > s ? -a : b",
    "a && b",
    "a || c",
    "max(a, b, c) - min(a, s)",
    "a ** 3 - b ** -1",
    "a ** 2 + (b * b) ** 0.5",
    "(a - s) ** 7",
    "abs(a) ** -0.5",
    "abs(a) ** 1.5 + abs(b) ** -2.5",
    "exp(-abs(a)) * tanh(b) + log1p(abs(c))",
    "atan2(a, b)",
    "s * t - a",
    "s > t ? a : b",
    "floor(a * 3) + ceil(b) + trunc(c) + round(a)",
    "sign(a) * sqrt(abs(b))",
    "2",
    "s",
  ];
  const type = fc.constantFrom<DType>("float32", "bool", "int32", "float64");
  const layout = fc.constantFrom("full", "single", "stretched", "row", "column", "transposed", "shifted");
  for (const variant of variants) {
    it(`any formula, layout and dtype equals JavaScript, ${variant.name}`, () => {
      setVariant(variant);
      const loops = formulas.map((formula) =>
        compileLoop(`y = ${formula}`, { operands: ["y", "a", "b", "c"], writes: ["y"], scalars: ["s", "t"] }),
      );
      const property = fc.property(
        fc.nat(formulas.length - 1),
        fc.tuple(fc.constantFrom(1, 2, 3, 7), fc.constantFrom(1, 3, 4, 5, 8, 17, 33)),
        fc.tuple(layout, layout, layout),
        fc.tuple(type, type, type),
        (which, shape, layouts, dtypes) => {
          const inputs = layouts.map((l, k) => operand(l, shape, dtypes[k]!, k));
          const y = filled(shape, 7, "float32");
          const scalars = [0.75, -1.25];
          loops[which]!(shape, [y, ...inputs], scalars);
          const want = reference(formulas[which]!, shape, inputs, scalars);
          y.toTypedArray().forEach((got, i) => {
            const near = Object.is(got, want[i]) || Math.abs(got - want[i]!) <= 2e-6 * Math.max(1, Math.abs(want[i]!));
            assert.ok(near, `${formulas[which]}, element ${i}: ${got}, should be ${want[i]}`);
          });
        },
      );
      fc.assert(property, { numRuns: 300, seed: 7 });
    });
  }

  const broadcasts: [shapes: number[][], claim: string][] = [
    [[[1, 2, 64], [2, 64], [64]], "leading 1s left out beside a row"],
    [[[4, 6], [4, 1], [6]], "a column and a row"],
    [
      [
        [3, 4, 6],
        [3, 1, 1],
        [3, 4, 1],
      ],
      "columns of different heights",
    ],
    [[[3, 4, 6], [4, 6], [6]], "rows of different lengths"],
    [
      [
        [2, 3, 5],
        [3, 1],
        [1, 5],
      ],
      "a channel and a stretched row",
    ],
    [[[2, 3, 5], [2, 1, 5], []], "the middle stretched"],
    [[[1, 1], [1], []], "one element"],
    [[[0, 3], [3], [0, 1]], "none"],
  ];
  for (const [[shape, b, c], claim] of broadcasts) {
    it(`broadcasting, ${claim}: as JavaScript`, () => {
      const make = (s: readonly number[], dtype: DType, seed: number): Tensor =>
        tensor(
          Array.from({ length: sizeOf(s) }, (_, i) => Math.sin(i + seed)),
          { dtype },
        ).reshape([...s]);
      const loop = compileLoop("y = a * 2 + b - c", { operands: ["y", "a", "b", "c"], writes: ["y"] });
      const [y, z] = (["float32", "float64"] as const).map((dtype) => {
        const out = filled(shape!, 7, dtype);
        loop(shape!, [out, make(shape!, dtype, 1), make(b!, dtype, 2), make(c!, dtype, 3)], []);
        return out.toTypedArray();
      });
      z!.forEach((want, i) => assert.ok(Math.abs(y![i]! - want) < 1e-6, `element ${i}: ${y![i]}, should be ${want}`));
    });
  }

  const comparisons = [
    "a > b",
    "a == b",
    "a != b && c > 0",
    "!(a >= b)",
    "a != a",
    "(a != 0) != (b != 0)",
    "a <= s",
    "a + b",
    "s",
  ];
  for (const formula of comparisons) {
    it(`${formula} gives bools of any number, and writes no byte besides`, () => {
      const loop = compileLoop(`y = ${formula}`, { operands: ["y", "a", "b", "c"], writes: ["y"], scalars: ["s"] });
      for (const n of [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 31, 100]) {
        const inputs = ["a", "b", "c"].map((_, k) => operand("full", [1, n], "float32", k));
        const all = filled([1, n + 16], 1, "bool");
        loop([1, n], [view(all, [1, n], [n, 1], 8), ...inputs], [0.25]);
        const want = [...reference(formula, [1, n], inputs, [0.25])].map((x) => Number(x !== 0));
        const around = Array<number>(8).fill(1);
        assert.deepEqual([...all.toTypedArray()], [...around, ...want, ...around]);
      }
    });
  }

  it("several results, locals and changes in place: a rule as an optimizer has it", () => {
    const rule = "m = b * m + (1 - b) * g\nd = sqrt(m * m / (1 - b)) + eps\nw = w - lr * (m / (1 - b)) / d";
    for (const approximate of [false, true]) {
      const loop = compileLoop(rule, {
        operands: ["w", "g", "m"],
        writes: ["w", "m"],
        scalars: ["lr", "b", "eps"],
        approximate,
      });
      const make = (dtype: DType): Tensor[] => [0, 1, 2].map((k) => operand("full", [1, 37], dtype, k));
      const [single, double] = [make("float32"), make("float64")];
      for (let i = 0; i < 3; i++) for (const tensors of [single, double]) loop([1, 37], tensors, [0.1, 0.9, 1e-3]);
      for (const k of [0, 2]) {
        const want = double[k]!.toTypedArray();
        single[k]!.toTypedArray().forEach((got, i) => assert.ok(Math.abs(got - want[i]!) < 1e-5, `${k}, ${i}`));
      }
      assert.deepEqual(single[1]!.toTypedArray(), make("float32")[1]!.toTypedArray());
    }
  });

  it("lines of plain numbers that use the line before twice stay as short as they are written", () => {
    const lines = "a = 0.5 * a * a + 0.25 * a\n".repeat(40);
    const w = tensor([1, 2, 3]);
    const loop = compileLoop(`a = lr * lr + lr\n${lines}w = w - (a + b) * g`, {
      operands: ["w", "g"],
      writes: ["w"],
      scalars: ["lr", "b"],
      approximate: true,
    });
    loop([3], [w, tensor([1, 1, 2])], [0.5, 0.125]);
    assert.deepEqual(w.toArray(), [0.875, 1.875, 2.75]);
  });

  it("what is the same for all elements is computed once, however often a formula uses it", () => {
    // Squared twenty times: 2²⁰ products where each use computes anew.
    const lines = "z = z * z + 0.5 * z\n".repeat(20);
    const y = filled([3], 7, "float32");
    const loop = compileLoop(`z = x\n${lines}y = z + a`, { operands: ["y", "x", "a"], writes: ["y"] });
    loop([3], [y, tensor(0.5), tensor([1, 2, 3])], []);
    assert.deepEqual(y.toArray(), [1.5, 2.5, 3.5]);
  });

  it("a formula that cannot be compiled stays in JavaScript, and the log says so", () => {
    const before = log.length;
    setVariant(fused);
    const made = attempt({
      name: "too long",
      // Nothing on the stack to return.
      build: (module) => void module.func("run", ["i32"], ["i32"]),
      check: () => undefined,
    });
    assert.equal(made, undefined);
    const lines = log.slice(before);
    assert.equal(lines.length, 2);
    for (const line of lines) assert.match(line, /^too long: it cannot be compiled with .*; one step back\.$/);
  });

  it("a formula that this engine computes wrong stays in JavaScript, and the log says so", () => {
    const before = log.length;
    const assignments = parseRule("y = x + 1");
    const operands = ["y", "x"].map((name) => ({
      name,
      type: "f32" as const,
      step: 1 as const,
      written: name === "y",
    }));
    const wrong = {
      run: (count: number, [y]: readonly (Float32Array | Int32Array | Uint8Array)[]) => void y!.fill(99, 0, count),
      numbers: () => [],
    };
    setVariant(fused);
    assert.equal(compileElementwise({ assignments, operands, scalars: [], approximate: false }, wrong), undefined);
    const lines = log.slice(before);
    assert.equal(lines.length, 2);
    assert.match(lines[1]!, /formula of y, x: the known-answer test failed with multiply and add .*should be 99/);
  });

  it("code for pairs of vectors differs from code without: V8 compiles equal bytes only once", () => {
    const bytes = [fused, wide].map((variant) => {
      const module = new ModuleBuilder(variant);
      module.func("run", ["i32"], ["i32"]).get(0);
      return Buffer.from(module.encode(16));
    });
    for (const code of bytes) assert.ok(WebAssembly.validate(code));
    assert.ok(!bytes[0]!.equals(bytes[1]!));
  });

  it("threads share a long pass: the bits are those of one thread, also in place", () => {
    const count = 3_000_001;
    const data = Float32Array.from({ length: count }, (_, i) => Math.sin(i));
    const results = [1, 3].map((threads) => {
      setThreadCount(threads);
      try {
        const [x, y] = [tensor(data), filled([count], 0, "float32")];
        const bools = filled([count], 0, "bool");
        const pass = compileLoop("y = exp(x) * s", { operands: ["y", "x"], writes: ["y"], scalars: ["s"] });
        const again = compileLoop("y = y * y + x", { operands: ["y", "x"], writes: ["y"] });
        const compare = compileLoop("y = x > 0", { operands: ["y", "x"], writes: ["y"] });
        // Often enough for the threads to come up and be tried.
        for (let i = 0; i < 12; i++) {
          pass([count], [y, x], [0.5]);
          again([count], [y, x], []);
          compare([count], [bools, y], []);
        }
        return [y.toTypedArray(), bools.toTypedArray()].map((a) => Buffer.from(a.buffer));
      } finally {
        setThreadCount(undefined);
      }
    });
    results[0]!.forEach((bytes, k) => assert.ok(bytes.equals(results[1]![k]!)));
  }).timeout(20_000);

  for (const variant of variants) {
    it(`powers of anything by anything, ${variant.name}: three units in the last place, special values as IEEE 754`, () => {
      setVariant(variant);
      const edges = [...special, 3, -3, 4, 2 ** 24, 2 ** 24 - 1, -(2 ** 24) + 1, 0.75, 1.0000001, 0.9999999];
      const pairs = edges.flatMap((a) => edges.map((b) => [a, b] as const));
      const random = samples(6000, true);
      for (let i = 0; i + 1 < random.length; i += 2) {
        const a = Math.abs(random[i]!);
        pairs.push([a, (random[i + 1]! % 20) * (i % 4 === 0 ? 1 : 0.01)]);
        pairs.push([1 + a * 1e-7, random[i + 1]! * 10]);
      }
      const [a, b] = [0, 1].map((k) => tensor(Float32Array.from(pairs, (pair) => pair[k as 0 | 1])));
      const y = filled(a!.shape, 7, "float32");
      compileLoop("y = a ** b", { operands: ["y", "a", "b"], writes: ["y"] })(a!.shape, [y, a!, b!], []);
      const [base, exponent] = [a!.toTypedArray(), b!.toTypedArray()];
      y.toTypedArray().forEach((got, i) => {
        // JavaScript has NaN for ±1 ** ±Infinity, IEEE 754 and PyTorch 1.
        const one = Math.abs(base[i]!) === 1 && Math.abs(exponent[i]!) === Infinity;
        const exact = one ? 1 : base[i]! ** exponent[i]!;
        const near = Object.is(got, Math.fround(exact)) || Math.abs(got - exact) <= 3 * unit(exact);
        assert.ok(near, `${base[i]} ** ${exponent[i]} is ${got}, should be ${exact}`);
      });
    });
  }

  it("powers of what has no other answer: zeros, infinities, NaN", () => {
    const data = [0, -0, Infinity, -Infinity, NaN, -1, 1e-30, -2];
    for (const exponent of [0, 1, 2, 3, -1, -2, -3, 0.5, 1.5, -0.5, -1.5]) {
      const x = tensor(data);
      const want = [...x.toTypedArray()].map((v) => Math.fround(v ** exponent));
      assert.deepEqual([...x.pow(exponent).toTypedArray()], want, `** ${exponent}`);
    }
  });

  it("what has to stay in JavaScript: remainders, whole numbers", () => {
    for (const [formula, dtype] of [
      ["mod(x, 3)", "float32"],
      ["x % 3", "float32"],
      ["x * 3", "int32"],
    ] as const) {
      const type = dtype === "float32" ? ("f32" as const) : ("i32" as const);
      const operands = ["y", "x"].map((name) => ({ name, type, step: 1 as const, written: name === "y" }));
      const reference = { run: () => {}, numbers: () => [] };
      const assignments = parseRule(`y = ${formula}`);
      assert.equal(
        compileElementwise({ assignments, operands, scalars: [], approximate: false }, reference),
        undefined,
      );
      const x = tensor([7, -7, 0, 5, 20_000_001], { dtype });
      const y = filled([5], 0, dtype);
      compileLoop(assignments, { operands: ["y", "x"], writes: ["y"] })([5], [y, x], []);
      assert.deepEqual([...y.toTypedArray()], [...cast(reference1(formula, x), dtype)]);
    }
  });
});

/** A tensor that broadcasts to `shape`, of one of the layouts. */
function operand(kind: string, [rows, columns]: readonly number[], dtype: DType, seed: number): Tensor {
  const value = (i: number): number => {
    const x = Math.sin(i * 12.9898 + seed * 78.233) * 3;
    return dtype === "bool" ? Number(x > 0) : dtype === "int32" ? Math.round(x * 5) : Math.fround(x);
  };
  const make = (n: number): Tensor =>
    tensor(
      Array.from({ length: n }, (_, i) => value(i)),
      { dtype },
    );
  const [r, c] = [rows!, columns!];
  switch (kind) {
    case "single":
      return view(make(1), [], [], 0);
    case "stretched":
      return view(make(1), [r, c], [0, 0], 0);
    case "row":
      return view(make(c), [c], [1], 0);
    case "column":
      return view(make(r), [r, 1], [1, 1], 0);
    case "transposed":
      return view(make(r * c), [r, c], [1, r], 0);
    case "shifted":
      return view(make(r * (c + 3) + 1), [r, c], [c + 3, 1], 1);
    default:
      return view(make(r * c), [r, c], [c, 1], 0);
  }
}

/** The formula in JavaScript, rounded once. */
function reference(formula: string, shape: readonly number[], inputs: readonly Tensor[], scalars: readonly number[]) {
  const names = { operands: ["y", "a", "b", "c"], writes: ["y"], scalars: ["s", "t"], approximate: false };
  const pass = compilePass(parseRule(`y = ${formula}`), names, ["float32", "float32", "float32", "float32"]);
  const y = new Float32Array(sizeOf(shape));
  const arrays = inputs.map((x) => x.storage.array());
  const strides = inputs.map((x) => broadcastStrides(x.shape, x.strides, shape));
  for (let i = 0; i < y.length; i++) {
    const [row, column] = [Math.floor(i / shape[1]!), i % shape[1]!];
    const starts = inputs.map((x, k) => x.offset + row * strides[k]![0]! + column * strides[k]![1]!);
    pass(1, [y, ...arrays], [i, ...starts], [0, 0, 0, 0], scalars);
  }
  return y;
}
function reference1(formula: string, x: Tensor): number[] {
  const names = { operands: ["y", "x"], writes: ["y"], scalars: [], approximate: false };
  const y = new Float64Array(x.numel());
  compilePass(parseRule(`y = ${formula}`), names, ["float64", x.dtype])(
    y.length,
    [y, x.storage.array()],
    [0, 0],
    [1, 1],
    [],
  );
  return [...y];
}
function cast(data: readonly number[], dtype: string): ArrayLike<number> & Iterable<number> {
  return dtype === "float32" ? Float32Array.from(data) : Int32Array.from(data);
}
