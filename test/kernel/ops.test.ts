import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import * as ops from "../../kernel/ops/index.ts";
import { grad, gradcheck, gradgradcheck, nn, rand, tensor, type Tensor, zeros } from "../../kernel/gradbook.ts";
import { index, rows as basic } from "./opRows.ts";
import { rows as selection } from "./opRowsSelection.ts";

const rows = { ...basic, ...selection };

describe("ops: first and second derivatives equal finite differences", () => {
  for (const [file, list] of Object.entries(rows)) {
    for (const [name, f, ...inputs] of list) {
      it(`${file}: ${name}`, () => {
        gradcheck(f, inputs);
        gradgradcheck(f, inputs);
      });
    }
  }

  it("every file of kernel/ops that exports an op has a row, and every op with a gradient is in it", async () => {
    const files: string[] = [];
    for (const name of readdirSync(new URL("../../kernel/ops", import.meta.url))) {
      const module = (await import(`../../kernel/ops/${name}`)) as { [name: string]: unknown };
      if (Object.values(module).some((value) => typeof value === "function" && "opName" in value)) files.push(name);
    }
    // These two only name what other files export.
    const own = files.filter((name) => name !== "index.ts" && name !== "linalg.ts");
    assert.deepEqual(own.map((name) => name.replace(".ts", "")).sort(), Object.keys(rows).sort());
    const tested = Object.values(rows)
      .flatMap((list) => list.map(([name]) => name))
      .join(" ");
    // No gradient: comparison, counting, drawing, and what gives places.
    const without =
      /^(eq|ne|lt|le|gt|ge|is\w+|equal|allclose|logical\w+|arg\w+|any|all|oneHot|detach|min|unique\w*|nonzero|countNonzero|bincount|histc|searchsorted|multinomial|bernoulli|floorDivide|linalg)$/;
    const missing = Object.keys(ops).filter((name) => !without.test(name) && !new RegExp(`\\b${name}\\b`).test(tested));
    assert.deepEqual(missing, []);
  });

  it("the index lists what every file exports", async () => {
    for (const file of Object.keys(rows)) {
      const module = (await import(`../../kernel/ops/${file}.ts`)) as { [name: string]: unknown };
      const known = new Set<unknown>([...Object.values(ops), ...Object.values(ops.linalg)]);
      const public_ = Object.entries(module).filter(([, value]) => typeof value === "function" && "opName" in value);
      for (const [name, value] of public_) {
        assert.ok(
          known.has(value) || ["to", "contiguous", "viewAs", "unfoldPatches"].includes(name),
          `${file}.ts exports ${name}, ops/index.ts does not`,
        );
      }
    }
  });
});

describe("ops: values where no gradient is", () => {
  const a = tensor([-1, 0, 2, NaN, Infinity]);
  const cases: [string, Tensor, unknown][] = [
    ["eq", a.eq(tensor([-1, 1, 2, NaN, Infinity])), [true, false, true, false, true]],
    ["ne", a.ne(0), [true, false, true, true, true]],
    ["lt", a.lt(0), [true, false, false, false, false]],
    ["le", a.le(0), [true, true, false, false, false]],
    ["gt", a.gt(0), [false, false, true, false, true]],
    ["ge", a.ge(0), [false, true, true, false, true]],
    ["isnan", a.isnan(), [false, false, false, true, false]],
    ["isfinite", a.isfinite(), [true, true, true, false, false]],
    ["isinf", a.isinf(), [false, false, false, false, true]],
    ["logicalAnd", a.logicalAnd(tensor([0, 1, 1, 1, 0])), [false, false, true, true, false]],
    ["logicalOr", a.logicalOr(tensor([0, 0, 0, 0, 0])), [true, false, true, true, true]],
    ["logicalXor", a.logicalXor(tensor([1, 1, 0, 0, 0])), [false, true, true, true, true]],
    ["logicalNot", a.logicalNot(), [false, true, false, false, false]],
    ["argmax: NaN is the largest", a.argmax(), 3],
    [
      "argmin of a row",
      tensor([
        [3, 1],
        [0, 5],
      ]).argmin(1),
      [1, 0],
    ],
    [
      "any along a dim",
      tensor([
        [0, 0],
        [0, 1],
      ]).any(1),
      [false, true],
    ],
    ["all", tensor([true, true]).all(), true],
    [
      "oneHot",
      ops.oneHot(index([2, 0])),
      [
        [0, 0, 1],
        [1, 0, 0],
      ],
    ],
    ["round: halves to even", tensor([0.5, 1.5, 2.5, -0.5, 2.4]).round().abs(), [0, 2, 2, 0, 2]],
    ["remainder has the sign of the divisor", tensor([-3, 3]).remainder(tensor([2, -2])), [1, -1]],
    ["int32 wraps around", tensor([2147483647], { dtype: "int32" }).add(1), [-2147483648]],
    ["int32 products are exact", tensor([123456789], { dtype: "int32" }).mul(index([987654321])), [-67153019]],
    ["int32 / int32 is float32", tensor([7], { dtype: "int32" }).div(2), [3.5]],
    ["sum of bool counts", tensor([true, false, true]).sum(), 2],
    ["mean of bool is a share", tensor([true, false, true, true]).mean(), 0.75],
    ["relu keeps NaN", tensor([NaN, -1]).relu(), [NaN, 0]],
    ["maximum keeps NaN", tensor([NaN, -1]).maximum(0), [NaN, 0]],
    ["sigmoid saturates", tensor([-1000, 1000]).sigmoid(), [0, 1]],
    ["softmax of large numbers", tensor([1000, 1000]).softmax(0), [0.5, 0.5]],
    ["logsumexp of −∞", tensor([-Infinity, -Infinity]).logsumexp(), -Infinity],
    ["sum of nothing", tensor([]).sum(), 0],
    ["logsumexp of nothing", zeros(0, 2).logsumexp(0), [-Infinity, -Infinity]],
    ["logsumexp of nothing, dims kept", zeros(2, 0).logsumexp(1, { keepdim: true }), [[-Infinity], [-Infinity]]],
    ["logsumexp of no rows", zeros(0, 2).logsumexp(1), []],
    ["median of nothing", zeros(2, 0).median(), NaN],
    ["median of no rows", zeros(0, 2).median(1).values, []],
    [
      "chunks of nothing",
      tensor(
        zeros(0, 2)
          .chunk(3)
          .map((x) => [...x.shape]),
      ),
      [
        [0, 2],
        [0, 2],
        [0, 2],
      ],
    ],
    [
      "power 0 of a matrix",
      ops.matrixPower(
        tensor([
          [2, 3],
          [5, NaN],
        ]),
        0,
      ),
      [
        [1, 0],
        [0, 1],
      ],
    ],
    ["any of nothing, all of nothing", ops.stack([tensor([]).any(), tensor([]).all()]), [false, true]],
  ];
  for (const [name, got, want] of cases) it(name, () => assert.deepEqual(got.toArray(), want));

  it("where and relu give 0, not NaN, to the branch not taken", () => {
    const a = tensor([0, 4], { requiresGrad: true });
    ops.where(a.gt(0), a.rsqrt(), 0).sum().backward();
    assert.deepEqual(a.grad!.isnan().toArray(), [true, false], "as in PyTorch: 0 · ∞ arises in rsqrt itself");
    const b = tensor([-1, 1], { requiresGrad: true });
    b.relu().backward(tensor([Infinity, 1]));
    assert.deepEqual(b.grad!.toArray(), [0, 1]);
  });
});

describe("ops: derivatives far from 0, at kinks and of NaN", () => {
  const { functional: f } = nn;
  const smooth: [string, (x: Tensor) => Tensor][] = [
    ["sigmoid", (x) => x.sigmoid()],
    ["logSigmoid", (x) => x.logSigmoid()],
    ["softplus", (x) => x.softplus()],
    ["silu", (x) => x.silu()],
    ["mish", (x) => x.mish()],
    ["elu", (x) => x.elu()],
    ["tanh", (x) => x.tanh()],
    ["binaryCrossEntropyWithLogits", (x) => f.binaryCrossEntropyWithLogits(x, x.detach().mul(0), { reduction: "sum" })],
    [
      "binaryCrossEntropyWithLogits weighted",
      (x) => f.binaryCrossEntropyWithLogits(x, x.detach().mul(0), { posWeight: tensor(2), reduction: "sum" }),
    ],
    ["softMarginLoss", (x) => f.softMarginLoss(x, x.detach().sign(), { reduction: "sum" })],
  ];
  for (const [name, op] of smooth) {
    it(`${name}: the first to third derivative are 0 or 1, not NaN`, () => {
      for (const dtype of ["float32", "float64"] as const) {
        const x = tensor([-1000, -750, -104, -89.5, 89.5, 104, 750, 1000], { dtype, requiresGrad: true });
        let y = op(x);
        for (let order = 1; order <= 3; order++) {
          y = grad(y.sum(), [x], { createGraph: true })[0]!;
          const far = y.toTypedArray().map((d) => Math.min(Math.abs(d), Math.abs(Math.abs(d) - 1)));
          assert.ok(
            far.every((d) => d < 1e-30),
            `${dtype}, derivative ${order}: ${String(y.toTypedArray())}`,
          );
        }
      }
    });
  }

  const kinked: [string, (x: Tensor) => Tensor, first: number][] = [
    ["elu", (x) => x.elu({ alpha: 0.5 }), 0.5],
    ["selu", (x) => x.selu(), 1.7580993408473766],
    ["celu", (x) => f.celu(x, { alpha: 0.5 }), 1],
  ];
  for (const [name, op, first] of kinked) {
    it(`${name}: the second derivative at 0 is 0`, () => {
      const x = tensor([0], { dtype: "float64", requiresGrad: true });
      const [dx] = grad(op(x).sum(), [x], { createGraph: true });
      assert.deepEqual(dx!.toArray(), [first]);
      assert.deepEqual(grad(dx!.sum(), [x])[0]!.toArray(), [0]);
    });
  }

  const kept: [string, (x: Tensor) => Tensor][] = [
    ["hardshrink", (x) => f.hardshrink(x)],
    ["softshrink", (x) => f.softshrink(x)],
    ["threshold", (x) => f.threshold(x, 0.1, 20)],
    ["hardtanh", (x) => f.hardtanh(x)],
    ["relu6", (x) => f.relu6(x)],
    ["leakyRelu", (x) => x.leakyRelu()],
    ["elu", (x) => x.elu()],
    ["hardswish", (x) => x.hardswish()],
    ["hardsigmoid", (x) => x.hardsigmoid()],
    ["sign", (x) => x.sign()],
  ];
  for (const [name, op] of kept) {
    it(`${name} of NaN is NaN`, () => {
      for (const dtype of ["float32", "float64"] as const) {
        assert.deepEqual(op(tensor([NaN, NaN], { dtype })).toArray(), [NaN, NaN]);
      }
    });
  }
  // Of [0, 2, −3], as PyTorch computes them.
  const norms: [p: number, value: number, gradient: number[]][] = [
    [0, 2, [0, 0, 0]],
    [0.5, 9.898979485566358, [0, 2.224744871391589, -1.8164965809277265]],
    [1, 5, [0, 1, -1]],
    [1.5, 4.008188992688178, [0, 0.7063840791276677, -0.8651402781442813]],
    [2, 3.605551275463989, [0, 0.5547001962252291, -0.8320502943378437]],
    [3, 3.2710663101885897, [0, 0.37383614973583884, -0.8411313369056374]],
    [-1, 0, [0, 0, 0]],
    [Infinity, 3, [0, 0, -1]],
  ];
  for (const [p, value, gradient] of norms) {
    it(`norm(${p}) with a zero among the elements, of zeros only, and of nothing`, () => {
      for (const [data, want, slopes] of [
        [[0, 2, -3], value, gradient],
        [[0, 0, 0], 0, [0, 0, 0]],
      ] as const) {
        const x = tensor(data, { dtype: "float64", requiresGrad: true });
        const y = x.norm(p);
        y.backward();
        const got = [y.item(), ...x.grad!.toTypedArray()];
        [want, ...slopes].forEach((z, i) => assert.ok(Math.abs(got[i]! - z) < 1e-12, `${String(got)}, wanted ${want}`));
      }
      assert.deepEqual(zeros(0, 2).norm(p, 0).toArray(), [0, 0]);
    });
  }

  it("hardswish(−∞) is NaN, as 0 · ∞ is", () => {
    assert.deepEqual(tensor([-Infinity, Infinity, -4, 4]).hardswish().abs().toArray(), [NaN, Infinity, 0, 4]);
  });
});

describe("ops: errors say who, what came, what is needed, what to do", () => {
  const cases: [() => unknown, RegExp][] = [
    [
      () => ops.matmul(rand(2, 3), rand(2, 3)),
      /^ShapeError: matmul: \[2, 3\] · \[2, 3\]: the inner sizes 3 and 2 must be equal\. Did you mean matmul\(a, transpose\(b, -2, -1\)\)\?$/,
    ],
    [
      () => ops.matmul(rand(2, 3), rand(2, 4)),
      /matmul: \[2, 3\] · \[2, 4\]: the inner sizes 3 and 2 must be equal\. Did you mean matmul\(transpose\(a, -2, -1\), b\)\?$/,
    ],
    [
      () => ops.matmul(rand(3), rand(2, 3)),
      /matmul: \[3\] · \[2, 3\]: the inner sizes 3 and 2 must be equal\. Did you mean/,
    ],
    [
      () => ops.matmul(rand(2, 3), rand(2)),
      /matmul: \[2, 3\] · \[2\]: the inner sizes 3 and 2 must be equal\. Did you mean/,
    ],
    [() => ops.mv(rand(2, 3), rand(4)), /mv: \[2, 3\] · \[4\]: the inner sizes 3 and 4 must be equal\.$/],
    [() => rand(2, 3).add(rand(2, 4)), /add: \[2, 3\] and \[2, 4\] do not broadcast: .*dim -1 is 3 and 4/],
    [() => rand(6).reshape(4, -1), /reshape: \[6\] \(6 elements\) cannot become \[4, -1\]: 6 is not a multiple of 4/],
    [() => rand(2, 3).sum(2), /sum: dim must be a whole number from -2 to 1 for a tensor with 2 dims, got 2/],
    [() => rand(2, 3).sum([0, 0]), /sum: dim 0 is given twice/],
    [() => rand(2).sum(0, { keepDim: true } as object), /sum: unknown option "keepDim"\. Options: keepdim\./],
    [() => rand(3).indexSelect(0, index([3])), /index 3 is out of range for dim 0 of size 3; indices go from 0 to 2/],
    [
      () => rand(3).gather(0, rand(3)),
      /gather: the index must be an int32 tensor, got float32\. Use index\.to\("int32"\)/,
    ],
    [() => rand(2, 3).permute(0, 0), /permute: \[0, 0\] must name each dim of \[2, 3\] once/],
    [() => rand(2, 3).slice([5]), /slice: index 5 is out of range for dim 0 of size 2/],
    [
      () => ops.cat([rand(2, 3), rand(3, 3)], 1),
      /cat: entry 1 has shape \[3, 3\], entry 0 \[2, 3\]; they may differ in dim 1 only/,
    ],
    [() => ops.stack([]), /stack: needs an array of at least one tensor/],
    [() => rand(2).clamp({}), /clamp: give \{ min \}, \{ max \} or both/],
    [() => rand(2).add("3" as unknown as number), /add: argument 2 must be a tensor or a number, got "3"/],
    [
      () => ops.relu(Promise.resolve(1) as unknown as Tensor),
      /relu: x must be a tensor, got a Promise\. Did you forget await\?/,
    ],
    [() => ops.where(rand(2), 1, 2), /where: the condition must be a bool tensor, got float32/],
    [() => tensor([]).max(), /amax: there is no largest element in \[0\]/],
    [() => rand(2, 3).item(), /item: the tensor has shape \[2, 3\]/],
    [() => rand(2, 2).t().view(4), /view: .*Use reshape\(\)/],
    [() => tensor([1, 2], { dtype: "int32" }).var(), /var: needs float32 or float64, got int32/],
    [() => zeros(0, 2).median(0), /median: there is no middle element in \[0, 2\]/],
    [
      () => zeros(2, 0, { dtype: "int32" }).median(),
      /median: there is no middle element in \[2, 0\], and int32 has no NaN/,
    ],
    [() => rand(2).expand(3), /expand: \[2\] cannot become \[3\]/],
  ];
  cases.forEach(([f, message]) =>
    it(String(message), () => assert.throws(f, (e: Error) => message.test(String(e)) || assert.fail(String(e)))),
  );
});
