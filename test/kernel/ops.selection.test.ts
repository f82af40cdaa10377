import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import {
  arange,
  bernoulli,
  grad,
  linalg,
  manualSeed,
  multinomial,
  nn,
  rand,
  randn,
  tensor,
  zeros,
  type Tensor,
} from "../../kernel/gradbook.ts";
import * as ops from "../../kernel/ops/index.ts";
import { close, type Golden } from "./close.ts";

const F = nn.functional;
const index = (data: number[] | number[][]): Tensor => tensor(data, { dtype: "int32" });

describe("drawing: the same numbers as PyTorch on the CPU", () => {
  const { samples } = JSON.parse(readFileSync(new URL("../golden/tensorOps.json", import.meta.url), "utf8")) as {
    samples: {
      multinomial: { weights: Golden; count: number; replacement: boolean; drawn: Golden; after: Golden }[];
      bernoulli: { weights: Golden; drawn: Golden }[];
    };
  };
  const load = ({ shape, dtype, data }: Golden): Tensor =>
    tensor(Float64Array.from(data, Number), { dtype: dtype as "float32" }).reshape(shape);

  for (const { weights, count, replacement, drawn, after } of samples.multinomial) {
    const { shape, dtype } = weights;
    it(`multinomial: ${count} of [${shape.join(", ")}] ${dtype}${replacement ? " with replacement" : ""}, bit for bit`, () => {
      manualSeed(7);
      const y = multinomial(load(weights), count, { replacement });
      assert.deepEqual([...y.toTypedArray()], drawn.data);
      assert.deepEqual([y.shape, y.dtype], [drawn.shape, "int32"]);
      assert.deepEqual([...rand(2).toTypedArray()], after.data, "the stream goes on at the same place");
    });
  }

  it("bernoulli, bit for bit in both precisions", () => {
    for (const { weights, drawn } of samples.bernoulli) {
      manualSeed(7);
      assert.deepEqual([...bernoulli(load(weights)).toTypedArray()], drawn.data);
    }
  });

  it("shares are what the weights say", () => {
    manualSeed(1);
    const drawn = multinomial(tensor([1, 0, 3]), 4000, { replacement: true });
    const [a, b, c] = drawn.bincount({ minlength: 3 }).toArray() as number[];
    assert.equal(b, 0);
    assert.ok(Math.abs(a! / 4000 - 0.25) < 0.03 && a! + c! === 4000);
  });
});

describe("sorting and picking hold for all inputs", () => {
  const numbers = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(NaN, Infinity, -Infinity, -0)), {
    minLength: 1,
    maxLength: 80,
  });

  it("sort puts in order, keeps equal ones in theirs, and argsort says from where", () =>
    fc.assert(
      fc.property(numbers, fc.boolean(), (data, descending) => {
        const { values, indices } = tensor(data).sort(-1, { descending });
        const sign = descending ? -1 : 1;
        const rank = (v: number): number => (Number.isNaN(v) ? Infinity : v === Infinity ? 1e300 : v);
        const want = [...data.keys()].sort((i, j) => {
          const [a, b] = [rank(data[i]!), rank(data[j]!)];
          return a === b ? i - j : a < b ? -sign : sign;
        });
        assert.deepEqual(indices.toArray(), want);
        assert.deepEqual(
          values.toArray(),
          want.map((i) => data[i]!),
        );
      }),
    ));

  it("unique's output at the inverse gives the input back, and the counts add up", () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1 }), (data) => {
        const x = tensor(data);
        const { output, inverseIndices, counts } = x.unique({ returnInverse: true, returnCounts: true });
        assert.deepEqual(output.index([inverseIndices]).toArray(), data);
        assert.deepEqual(
          output.toArray(),
          [...new Set(data)].sort((a, b) => a - b),
        );
        assert.equal(counts.sum().item(), data.length);
      }),
    ));

  it("topk is the head of sort", () =>
    fc.assert(
      fc.property(numbers, fc.nat(), fc.boolean(), (data, n, largest) => {
        const k = n % (data.length + 1);
        const top = tensor(data).topk(k, 0, { largest });
        const all = tensor(data).sort(0, { descending: largest });
        assert.deepEqual(top.indices.toArray(), all.indices.narrow(0, 0, k).toArray());
      }),
    ));

  it("what index picks, indexPut puts back", () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(4)), { minLength: 1 }), (places) => {
        const x = randn(4, 5, 2);
        const entries = [index(places.map(([i]) => i)), index(places.map(([, j]) => j))];
        assert.ok(x.indexPut(entries, x.index(entries)).equal(x));
      }),
    ));

  it("fold is the reverse of unfold, for any geometry: ⟨unfold x, y⟩ = ⟨x, fold y⟩", () =>
    fc.assert(
      fc.property(
        fc.record({
          stride: fc.integer({ min: 1, max: 3 }),
          padding: fc.integer({ min: 0, max: 2 }),
          dilation: fc.integer({ min: 1, max: 2 }),
        }),
        fc.integer({ min: 1, max: 3 }),
        (options, kernel) => {
          const x = tensor(randn(2, 3, 6, 7), { dtype: "float64" });
          const columns = F.unfold(x, kernel, options);
          const y = tensor(randn(columns.shape), { dtype: "float64" });
          const back = F.fold(y, [6, 7], kernel, options);
          close(columns.mul(y).sum(), { shape: [], data: x.mul(back).sum().toTypedArray() });
        },
      ),
    ));

  it("cdist has the same gradient whether it is to be differentiated again or not", () => {
    for (const p of [0, 1, 2, 3, Infinity]) {
      const a = tensor(randn(2, 3, 4), { dtype: "float64", requiresGrad: true });
      const b = tensor(randn(5, 4), { dtype: "float64", requiresGrad: true });
      const gradOutputs = tensor(randn(2, 3, 5), { dtype: "float64" });
      const once = grad(ops.cdist(a, b, { p }), [a, b], { gradOutputs });
      const again = grad(ops.cdist(a, b, { p }), [a, b], { gradOutputs, createGraph: true });
      once.forEach((g, i) => close(again[i]!, { shape: g.shape, data: g.toTypedArray() }, 1e-12, `p = ${p}`));
    }
  });
});

describe("picking and placing in place, whole numbers and views", () => {
  const cases: [string, () => unknown, unknown][] = [
    [
      "indexPut_ is x[rows] = value",
      () =>
        zeros(3)
          .indexPut_([index([0, -1])], 5)
          .toArray(),
      [5, 0, 5],
    ],
    [
      "indexPut_ by a mask",
      () =>
        arange(4)
          .indexPut_([arange(4).gt(1)], -1)
          .toArray(),
      [0, 1, -1, -1],
    ],
    [
      "scatter_ of a one-hot row",
      () =>
        zeros(2, 3)
          .scatter_(1, index([[2], [0]]), 1)
          .toArray(),
      [
        [0, 0, 1],
        [1, 0, 0],
      ],
    ],
    [
      "scatterAdd_ adds twice",
      () =>
        zeros(2)
          .scatterAdd_(0, index([1, 1]), tensor([2, 3]))
          .toArray(),
      [0, 5],
    ],
    [
      "the last of several values counts",
      () =>
        zeros(2)
          .scatter(0, index([1, 1]), tensor([2, 3]))
          .toArray(),
      [0, 3],
    ],
    [
      "maskedSelect of a view",
      () =>
        arange(6)
          .reshape(2, 3)
          .t()
          .maskedSelect(tensor([[true, false]]))
          .toArray(),
      [0, 1, 2],
    ],
    [
      "nonzero asTuple indexes",
      () =>
        arange(4)
          .index(arange(4).gt(1).nonzero({ asTuple: true }))
          .toArray(),
      [2, 3],
    ],
    ["nonzero of a number", () => tensor(3).nonzero().shape, [1, 0]],
    [
      "sort of int32 and bool",
      () => [index([3, 1]).sort().values.toArray(), tensor([true, false]).sort().values.toArray()],
      [
        [1, 3],
        [false, true],
      ],
    ],
    [
      "T and mT",
      () => [zeros(2, 3).T.shape, zeros(4, 2, 3).mT.shape],
      [
        [3, 2],
        [4, 3, 2],
      ],
    ],
    [
      "float, double, int, bool",
      () => ["float", "double", "int", "bool"].map((f) => (tensor([1.5]) as any)[f]().dtype),
      ["float32", "float64", "int32", "bool"],
    ],
    ["ravel and expandAs", () => [zeros(2, 3).ravel().shape, zeros(3).expandAs(zeros(2, 3)).shape], [[6], [2, 3]]],
    ["sort of a number", () => tensor(3).sort().values.item(), 3],
    ["unique of int32 keeps the dtype", () => index([2, 1, 2]).unique().dtype, "int32"],
    ["unique: each NaN is another", () => tensor([NaN, 1, NaN]).unique().shape, [3]],
    ["bincount of nothing", () => index([]).bincount().shape, [0]],
    [
      "roll by nothing is a copy",
      () => {
        const x = zeros(2);
        x.roll(0).add_(1);
        x.roll(2, 0).add_(1);
        return x.toArray();
      },
      [0, 0],
    ],
    [
      "interpolate to the same size is a copy",
      () => {
        const x = zeros(1, 1, 2);
        F.interpolate(x, { size: 2 }).add_(1);
        return x.toArray();
      },
      [[[0, 0]]],
    ],
    [
      "unfold is a view",
      () => {
        const x = zeros(4);
        x.unfold(0, 2, 2).select(1, 1).fill_(7);
        return x.toArray();
      },
      [0, 7, 0, 7],
    ],
    ["cumprod of int32", () => index([2, 3, 4]).cumprod(0).toArray(), [2, 6, 24]],
    [
      "floorDivide of int32 stays int32",
      () => [index([-7]).floorDivide(2).toArray(), index([-7]).floorDivide(2).dtype],
      [[-4], "int32"],
    ],
    ["det of an empty and of a singular matrix", () => [zeros(0, 0).det().item(), zeros(2, 2).det().item()], [1, 0]],
    [
      "logdet of a negative determinant is NaN, of 0 −∞",
      () => [
        tensor([[-1]])
          .logdet()
          .item(),
        tensor([[0]])
          .logdet()
          .item(),
      ],
      [NaN, -Infinity],
    ],
    [
      "allclose and equal give true or false",
      () => [
        tensor([1]).allclose(1 + 1e-7),
        tensor([1]).allclose(1.1),
        tensor([NaN]).equal(tensor([NaN])),
        zeros(2).equal(zeros(3)),
      ],
      [true, false, false, false],
    ],
    [
      "multinomial's rows are whole numbers",
      () =>
        multinomial(
          tensor([
            [0, 1],
            [1, 0],
          ]),
          1,
        ).toArray(),
      [[1], [0]],
    ],
    [
      "searchsorted's results are places",
      () =>
        ops
          .searchsorted(
            tensor([1, 3]),
            tensor([
              [0, 3],
              [4, 1],
            ]),
          )
          .toArray(),
      [
        [0, 1],
        [2, 0],
      ],
    ],
  ];
  for (const [name, f, want] of cases) it(name, () => assert.deepEqual(f(), want));

  it("det at a singular matrix: the gradient comes from the minors", () => {
    const a = tensor(
      [
        [1, 2],
        [2, 4],
      ],
      { dtype: "float64", requiresGrad: true },
    );
    a.det().backward();
    assert.deepEqual(a.grad!.toArray(), [
      [4, -2],
      [-2, 1],
    ]);
  });

  it("interpolate in float32 looks where PyTorch looks: places are computed in single precision", () => {
    // 1 / 0.7 is 1.4285715 in float32, and 7 · that is just above 10 where float64 stays just below.
    const y = F.interpolate(arange(11).to("float64").reshape(1, 1, 11), { scaleFactor: 0.7 });
    assert.deepEqual(y.toArray(), [[[0, 1, 2, 4, 5, 7, 8]]]);
  });
});

describe("selection and algebra: errors say who, what came, what is needed, what to do", () => {
  const square = tensor([
    [1, 2],
    [2, 4],
  ]);
  const cases: [() => unknown, RegExp][] = [
    [() => rand(3).topk(4), /topk: k must be a whole number from 0 to 3, the size of dim 0 of \[3\], got 4/],
    [() => rand(3).kthvalue(0), /kthvalue: k must be a whole number from 1 to 3/],
    [() => rand(3).sort(1), /sort: dim must be a whole number from -1 to 0/],
    [() => rand(3).sort(0, { desc: true } as object), /sort: unknown option "desc"\. Options: descending, stable\./],
    [() => ops.einsum("ij,jk", rand(2, 3)), /einsum: "ij,jk" has 2 operands, got 1 tensors/],
    [() => ops.einsum("i1", rand(2, 3)), /einsum: "i1" must be letters like "ij,jk->ik" or "\.\.\.ij/],
    [() => ops.einsum("...i...", rand(2, 3)), /einsum: "\.\.\.i\.\.\." has "\.\.\." more than once/],
    [() => ops.einsum("...ijk", rand(2, 3)), /einsum: "\.\.\.ijk" names 3 dims, operand 1 is \[2, 3\]/],
    [
      () => ops.einsum("...i,...i", rand(2, 3), rand(4, 3)),
      /einsum: a dim of "\.\.\." is 2 and, in operand 2 \[4, 3\], 4/,
    ],
    [() => ops.einsum("ij,jk", rand(2, 3), rand(2, 3)), /einsum: "j" is 3 and, in operand 2 \[2, 3\], 2/],
    [() => ops.einsum("ii", rand(1, 3)), /einsum: "i" is 1 and, in operand 1 \[1, 3\], 3/],
    [() => ops.einsum("ij->ik", rand(2, 3)), /einsum: "k" behind the arrow must occur there once, and in an operand/],
    [() => rand(3).quantile(2), /quantile: q must be from 0 to 1, got 2/],
    [() => tensor([]).median(0), /median: there is no middle element in \[0\]/],
    [() => rand(2, 2).scatter(0, index([[5]]), 1), /scatter: index 5 is out of range for dim 0 of size 2/],
    [
      () => rand(2, 2).scatter(0, index([[0, 1]]), rand(1, 1)),
      /scatter: the source must be at least as large as the index/,
    ],
    [() => rand(3).take(index([3])), /take: index 3 is out of range for dim 0 of size 3/],
    [
      () => rand(2, 3).index([rand(2)]),
      /index: an index must be an int32 or bool tensor, got float32\. Use index\.to\("int32"\)/,
    ],
    [() => rand(2, 3).index([tensor([true])]), /index: a mask of shape \[1\] does not cover dim 0 .* of \[2, 3\]/],
    [() => rand(2).index([index([0]), index([0])]), /index: 2 entries are too many for the 1 dims of \[2\]/],
    [() => rand(2, 3).index([index([0, 1]), index([0, 1, 2])]), /index: \[2\] and \[3\] do not broadcast/],
    [() => rand(4).indexPut([index([0, 1])], rand(3)), /indexPut: \[2\] and \[3\] do not broadcast/],
    [() => rand(2).maskedSelect(rand(2)), /maskedSelect: the condition must be a bool tensor, got float32/],
    [() => rand(2, 3).roll([1, 2]), /roll: 2 shifts need as many dims/],
    [() => rand(5).unfold(0, 6, 1), /unfold: needs a size from 0 to 5, .* and a step ≥ 1, got 6 and 1/],
    [() => F.unfold(rand(1, 1, 2, 2), 3), /unfold: the kernel \[3, 3\] is larger than the padded image \[2, 2\]/],
    [() => F.fold(rand(1, 4, 3), 3, 2), /fold: \[n, channels · 4, 4\] is needed for an image \[3, 3\]/],
    [
      () => F.interpolate(rand(1, 1, 4), { size: 2, scaleFactor: 2 }),
      /interpolate: give \{ size \} or \{ scaleFactor \}, one of them/,
    ],
    [
      () => F.interpolate(rand(1, 1, 4), { size: 2, mode: "bilinear" }),
      /mode "bilinear" needs \[n, channels, …\] with 2 spatial dims, got \[1, 1, 4\]/,
    ],
    [
      () => F.interpolate(rand(1, 1, 4), { size: 2, mode: "cubic" as "bicubic" }),
      /interpolate: mode must be "nearest", .*got "cubic"/,
    ],
    [
      () => F.interpolate(rand(1, 1, 4), { size: 2, alignCorners: true }),
      /alignCorners has no meaning for mode "nearest"/,
    ],
    [() => ops.cdist(rand(2, 3), rand(2, 4)), /cdist: needs .* equally many components, got \[2, 3\] and \[2, 4\]/],
    [() => ops.cdist(rand(2, 3), rand(2, 3), { p: -1 }), /cdist: p must be a number ≥ 0, got -1/],
    [() => square.inverse(), /^LinAlgError: inverse: the matrix is singular, it has no pivot in column 1\./],
    [
      () =>
        ops
          .stack([
            tensor([
              [1, 0],
              [0, 1],
            ]),
            square,
          ])
          .inverse(),
      /no pivot in column 1 \(matrix \[1\] of the stack\)/,
    ],
    [() => linalg.solve(square, rand(2)), /^LinAlgError: solve: the matrix is singular/],
    [() => linalg.solve(square, rand(3)), /solve: a \[2, 2\] needs a b with 2 rows/],
    [
      () =>
        linalg.cholesky(
          tensor([
            [1, 2],
            [2, 1],
          ]),
        ),
      /cholesky: the matrix is not positive definite: its leading 2 × 2 part/,
    ],
    [() => rand(2, 3).det(), /det: a must be square, \[…, n, n\], got \[2, 3\]/],
    [() => index([[1]]).det(), /det: a must be float32 or float64, got int32/],
    [
      () => linalg.solveTriangular(square, rand(2, 1), {} as { upper: boolean }),
      /solveTriangular: say which triangle a has/,
    ],
    [
      () => multinomial(tensor([1, 0]), 2),
      /multinomial: 2 different ones cannot be drawn from row 0, where 1 weights are larger than 0/,
    ],
    [() => multinomial(tensor([1, 2]), 3), /multinomial: 3 different ones cannot be drawn from 2/],
    [() => multinomial(tensor([1, -2]), 1), /multinomial: weights must be finite and ≥ 0, got -2 at place 1 of row 0/],
    [() => multinomial(tensor([0, 0]), 1), /multinomial: all weights of row 0 are 0/],
    [() => bernoulli(tensor([1.5])), /bernoulli: a probability must be from 0 to 1, got 1\.5/],
    [() => index([-1]).bincount(), /bincount: numbers must be ≥ 0, got -1/],
    [() => rand(2).histc({ bins: 0 }), /histc: bins must be a whole number from 1 to 16777216, got 0/],
    [
      () => rand(2, 3).repeatInterleave(index([1]).add(-2), 0),
      /repeatInterleave: a count must be a whole number ≥ 0, got -1/,
    ],
    [() => ops.hstack([]), /hstack: needs an array of at least one tensor/],
    [
      () => linalg.norm(rand(2, 2), 2),
      /linalg\.norm: the order of a matrix norm must be 1, −1, Infinity, −Infinity or "fro", got 2/,
    ],
  ];
  cases.forEach(([f, message]) =>
    it(String(message), () => assert.throws(f, (e: Error) => message.test(String(e)) || assert.fail(String(e)))),
  );

  it("unique says that it has no gradient, and never gives a silent zero", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    assert.throws(() => x.unique().sum().backward(), /AutogradError: unique: it has no gradient/);
  });
});
