import assert from "node:assert/strict";
import * as gradbook from "../../kernel/gradbook.ts";
import { arange, nn, tensor, zeros, type Tensor } from "../../kernel/gradbook.ts";
import { index } from "./opRows.ts";

const f = nn.functional;
const [yes, no] = [true, false];
const a = tensor([yes, yes, no, no]);
const b = tensor([yes, no, yes, no]);
const bools = (): Tensor =>
  tensor([
    [yes, yes, no],
    [yes, no, yes],
  ]);

describe("ops on bools", () => {
  const same = index([0, 0, 0, 1]);
  const results: [string, () => Tensor, unknown][] = [
    ["add is or", () => a.add(b), [yes, yes, yes, no]],
    ["add_ is or", () => a.clone().add_(b), [yes, yes, yes, no]],
    ["mul is and", () => a.mul(b), [yes, no, no, no]],
    ["maximum is or", () => a.maximum(b), [yes, yes, yes, no]],
    ["diff is xor", () => a.diff(), [no, yes, no]],
    ["a number makes it whole numbers", () => a.add(1), [2, 2, 1, 1]],
    ["remainder beside numbers", () => tensor([5, 5, 5, 5]).remainder(a), [0, 0, NaN, NaN]],
    ["fmod beside numbers", () => a.fmod(2), [1, 1, 0, 0]],
    ["logsumexp counts with 0 and 1", () => tensor([yes, yes]).logsumexp().sub(Math.LN2), 1],
    ["square makes it whole numbers", () => a.square(), [1, 1, 0, 0]],
    ["scatterAdd is or", () => zeros(2, { dtype: "bool" }).scatterAdd(0, same, a), [yes, no]],
    ["indexAdd is or", () => zeros(2, { dtype: "bool" }).indexAdd(0, same, a), [yes, no]],
    ["fill_ with 2 is true", () => a.clone().fill_(2), [yes, yes, yes, yes]],
    ["full of 2 is true", () => gradbook.full([2], 2, { dtype: "bool" }), [yes, yes]],
    ["copy_ of numbers compares with 0", () => b.clone().copy_(tensor([0.5, 0, NaN, -1])), [yes, no, yes, yes]],
    ["maskedFill keeps the dtype", () => a.maskedFill(b, 1), [yes, yes, yes, no]],
    ["maskedFill_ with a tensor", () => a.clone().maskedFill_(b, tensor(0)), [no, yes, no, no]],
    ["maskedFill of int32", () => index([5, 6]).maskedFill(tensor([yes, no]), tensor(1.5)), [1, 6]],
    [
      "tril",
      () => bools().tril(),
      [
        [yes, no, no],
        [yes, no, no],
      ],
    ],
    [
      "triu",
      () => bools().triu(),
      [
        [yes, yes, no],
        [no, no, yes],
      ],
    ],
  ];
  for (const [name, op, want] of results) it(name, () => assert.deepEqual(op().toArray(), want));

  it("whatever is called with bools, a bool of the result is 0 or 1", () => {
    const more = [[], [0], [bools()], [bools(), bools()], [0, index([0, 0]), bools()]];
    let tried = 0;
    for (const op of [...Object.values(gradbook), ...Object.values(f)]) {
      if (typeof op !== "function" || !("opName" in op)) continue;
      for (const args of more) {
        let found: unknown;
        try {
          found = (op as unknown as (...args: unknown[]) => unknown)(bools(), ...args);
        } catch {
          continue;
        }
        tried++;
        const y = found as Tensor;
        if (y?.dtype !== "bool") continue;
        assert.ok(
          y.toTypedArray().every((byte) => byte <= 1),
          `${String(op.opName)}: ${String(y.toTypedArray())}`,
        );
      }
    }
    assert.ok(tried > 100, `only ${tried} calls`);
  });

  const refused: [() => Tensor, RegExp][] = [
    [() => a.sub(b), /sub: not for bool tensors\. Use logicalXor\(\) or logicalNot\(\) for masks/],
    [() => a.sub(1), /sub: not for bool/],
    [() => tensor([1, 2, 3, 4]).sub(a), /sub: not for bool/],
    [() => a.clone().sub_(b), /sub: not for bool/],
    [() => a.neg(), /neg: not for bool tensors\. Use logicalNot\(\) to turn a mask around, or to\("int32"\)/],
    [() => a.abs(), /abs: not for bool tensors\. Use to\("int32"\) to compute with 0 and 1\./],
    [() => a.floor(), /floor: not for bool/],
    [() => a.ceil(), /ceil: not for bool/],
    [() => a.round(), /round: not for bool/],
    [() => a.trunc(), /trunc: not for bool/],
    [() => a.relu(), /relu: not for bool/],
    [() => a.relu6(), /relu6: not for bool/],
    [() => f.hardtanh(a), /hardtanh: not for bool/],
    [() => f.threshold(a, 0, 1), /threshold: not for bool/],
    [() => a.remainder(b), /remainder: not for bool/],
    [() => a.fmod(b), /fmod: not for bool/],
    [() => a.floorDivide(b), /floorDivide: not for bool/],
    [() => bools().matmul(bools().t()), /matmul: not for bool/],
    [() => index([1]).maskedFill(tensor([yes]), Infinity), /maskedFill: Infinity does not fit into int32/],
  ];
  for (const [op, message] of refused) it(String(op), () => assert.throws(op, message));
});

describe("ops that give fractions refuse whole numbers instead of cutting the fractions off", () => {
  const refused: [string, (x: Tensor) => Tensor][] = [
    ["leakyRelu", (x) => x.leakyRelu()],
    ["prelu", (x) => x.prelu(index([1]))],
    ["hardshrink", (x) => f.hardshrink(x)],
    ["softshrink", (x) => f.softshrink(x)],
    ["lerp", (x) => x.lerp(x, x)],
    ["norm", (x) => x.norm()],
  ];
  for (const [name, op] of refused) {
    it(name, () => {
      for (const dtype of ["int32", "bool"] as const) {
        assert.throws(() => op(tensor([1, 0], { dtype })), new RegExp(`${name}: needs float32 or float64, got `));
      }
    });
  }
});

describe("changes in place whose result does not fit into the dtype are refused", () => {
  const whole = () => index([5, 7]);
  const refused: [() => Tensor, RegExp][] = [
    [
      () => whole().add_(1.5),
      /add_: the result is float32, which this tensor of int32 cannot hold\. Use add\(\) for a new tensor, or x\.to\("float32"\) first\./,
    ],
    [() => whole().mul_(tensor([0.5, 2])), /mul_: the result is float32/],
    [() => whole().div_(2), /div_: the result is float32/],
    [() => whole().sqrt_(), /sqrt_: the result is float32/],
    [() => whole().clamp_({ min: 0.5 }), /clamp_: the result is float32/],
    [() => a.clone().mul_(1), /mul_: the result is int32, which this tensor of bool cannot hold/],
    [
      () => whole().scatterAdd_(0, index([0]), tensor([0.5])),
      /scatterAdd_?: a source of float32 does not fit into a tensor of int32/,
    ],
    [() => whole().indexAdd(0, index([0]), tensor([0.5])), /indexAdd: a source of float32 does not fit/],
    [() => whole().scatter(0, index([0]), tensor([0.5])), /scatter: a source of float32 does not fit/],
    [() => whole().indexPut([index([0])], tensor([0.5])), /indexPut: a source of float32 does not fit/],
    [() => whole().fill_(1e10), /fill_: 10000000000 does not fit into int32/],
    [() => whole().maskedFill_(tensor([yes, no]), NaN), /maskedFill_?: NaN does not fit into int32/],
  ];
  for (const [op, message] of refused) it(String(op), () => assert.throws(op, message));
  const allowed: [string, () => Tensor, unknown][] = [
    [
      "int32 by whole numbers",
      () =>
        whole()
          .mul_(2)
          .add_(a.narrow(0, 0, 2)),
      [11, 15],
    ],
    ["float32 by float64", () => tensor([1, 2]).add_(tensor([1, 2], { dtype: "float64" })), [2, 4]],
    ["fill_ of a fraction, cut off as in PyTorch", () => whole().fill_(1.5), [1, 1]],
    ["copy_ converts", () => whole().copy_(tensor([1.5, -2.5])), [1, -2]],
  ];
  for (const [name, op, want] of allowed) it(name, () => assert.deepEqual(op().toArray(), want));
});

describe("whole numbers: the right one or an error by name, never another one", () => {
  const large = index([2147483647, 1, -2]);
  const results: [string, () => Tensor, unknown][] = [
    ["a sum that fits after one that does not", () => large.sum(), 2147483646],
    ["mean", () => arange(100000).mean(), 49999.5],
    ["prod with a 0 after what does not fit", () => index([2147483647, 2147483647, 2147483647, 0]).prod(), 0],
    ["dot of products that do not fit", () => index([65536, 65536]).dot(index([65536, -65536])), 0],
    ["cumprod", () => index([-3, 5, 0, 7]).cumprod(0), [-3, -15, 0, 0]],
    ["pow", () => index([-7, 3, 46340]).pow(2), [49, 9, 2147395600]],
    ["pow, exactly", () => index([5, 7]).pow(index([13, 11])), [1220703125, 1977326743]],
    ["pow by negative whole numbers, as in PyTorch", () => index([1, -1, 2]).pow(index([-3, -3, -1])), [1, -1, 0]],
    ["remainder", () => index([-7, 7]).remainder(index([3, -3])), [2, -2]],
    ["fmod", () => index([-7, 7]).fmod(index([3, -3])), [-1, 1]],
    ["floorDivide", () => index([-7, 7]).floorDivide(2), [-4, 3]],
    ["floorDivide of floats by 0", () => tensor([-1, 0, 1]).floorDivide(0), [-Infinity, NaN, Infinity]],
  ];
  for (const [name, op, want] of results) it(name, () => assert.deepEqual(op().toArray(), want));

  const tooLarge: [string, () => Tensor][] = [
    ["sum", () => arange(100000).sum()],
    ["sum", () => arange(200000).reshape(2, -1).sum(1, { keepdim: true })],
    ["prod", () => index([65536, 65536]).prod()],
    ["cumsum", () => index([2147483647, 1]).cumsum(0)],
    ["cumprod", () => index([65536, 65536]).cumprod(0)],
    ["pow", () => index([2]).pow(31)],
    [
      "matmul",
      () =>
        index([65536])
          .reshape(1, 1)
          .matmul(index([65536]).reshape(1, 1)),
    ],
    ["matmul", () => index([65536]).dot(index([65536]))],
  ];
  for (const [name, op] of tooLarge) {
    it(`${name} that does not fit: ${String(op)}`, () =>
      assert.throws(
        op,
        new RegExp(`${name}: the result \\d+ does not fit into int32, .*Use x.to\\("float64"\\) first`),
      ));
  }
  const refused: [() => Tensor, RegExp][] = [
    [() => large.remainder(0), /remainder: whole numbers cannot be divided by 0, and element 0 of the divisor is 0/],
    [() => large.fmod(index([1, 0, 2])), /fmod: whole numbers cannot be divided by 0, and element 1/],
    [() => large.floorDivide(0), /floorDivide: whole numbers cannot be divided by 0/],
    [() => large.pow(-1), /pow: whole numbers to the power -1 are fractions, .*Use x\.to\("float32"\)/],
  ];
  for (const [op, message] of refused) it(String(op), () => assert.throws(op, message));

  it("floorDivide has no gradient, and says so instead of giving 0", () => {
    const x = tensor([5, 7], { requiresGrad: true });
    assert.deepEqual(x.floorDivide(2).toArray(), [2, 3]);
    assert.throws(() => x.floorDivide(2).sum().backward(), /floorDivide: it has no gradient/);
  });
});

describe("attention refuses masks of whole numbers", () => {
  const [x, mask] = [zeros(1, 2, 4), zeros(2, 2, { dtype: "int32" })];
  const attention = new nn.MultiheadAttention(4, 1, { batchFirst: true });
  const message = /attnMask must be bool, or float32 or float64 to be added to the scores, got int32/;
  it("scaledDotProductAttention", () =>
    assert.throws(() => f.scaledDotProductAttention(x, x, x, { attnMask: mask }), message));
  it("MultiheadAttention", () => assert.throws(() => attention.forward(x, x, x, { attnMask: mask }), message));
  it("MultiheadAttention of padding", () => {
    const keyPaddingMask = zeros(1, 2, { dtype: "int32" });
    assert.throws(() => attention.forward(x, x, x, { keyPaddingMask }), /keyPaddingMask must be bool/);
  });
});
