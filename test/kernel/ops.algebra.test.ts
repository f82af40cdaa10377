import assert from "node:assert/strict";
import fc from "fast-check";
import { randn, tensor, type Tensor } from "../../kernel/gradbook.ts";
import * as ops from "../../kernel/ops/index.ts";
import { close } from "./close.ts";

/** Whether the places of the elements of `x`, in order, are those that one step for each dim of `shape` leads to. */
function everyStep(x: Tensor, shape: readonly number[]): boolean {
  const places: number[] = [];
  const walk = (d: number, at: number): void => {
    if (d === x.ndim) places.push(at);
    else for (let i = 0; i < x.shape[d]!; i++) walk(d + 1, at + i * x.strides[d]!);
  };
  walk(0, 0);
  let inner = 1;
  const steps = shape
    .toReversed()
    .map((n) => {
      const step = n === 1 ? 0 : places[inner]!;
      inner *= n;
      return step;
    })
    .toReversed();
  return places.every((place, i) => {
    let [rest, at] = [i, 0];
    for (let d = shape.length - 1; d >= 0; d--) {
      at += (rest % shape[d]!) * steps[d]!;
      rest = Math.floor(rest / shape[d]!);
    }
    return at === place;
  });
}

describe("ops: algebra holds for all shapes", () => {
  const size = fc.integer({ min: 1, max: 4 });
  const shapes = fc.array(size, { maxLength: 4 });
  const equal = (a: Tensor, b: Tensor): void => {
    assert.deepEqual(a.shape, b.shape);
    assert.deepEqual(a.toTypedArray(), b.toTypedArray());
  };
  /** Two shapes that broadcast: some dims of the first become 1, some leading ones go. */
  const pairs = shapes
    .chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
        fc.integer({ min: 0, max: shape.length }),
      ),
    )
    .map(([shape, ones, drop]) => [shape, shape.map((n, i) => (ones[i] ? 1 : n)).slice(drop)] as const);

  it("a + b is the sum of what both expand to, and b + a", () =>
    fc.assert(
      fc.property(pairs, ([shape, smaller]) => {
        const [a, b] = [randn(shape), randn(smaller)];
        equal(a.add(b), a.expand(shape).contiguous().add(b.expand(shape).contiguous()));
        equal(a.add(b), b.add(a));
      }),
    ));

  it("the gradient of a broadcast is the sum over the copies", () =>
    fc.assert(
      fc.property(pairs, ([shape, smaller]) => {
        const b = tensor(randn(smaller), { dtype: "float64", requiresGrad: true });
        const a = tensor(randn(shape), { dtype: "float64" });
        a.mul(b).sum().backward();
        const expanded = b.detach().expand(shape).contiguous().requiresGrad_();
        a.mul(expanded).sum().backward();
        close(
          b.grad!.sum(),
          expanded.grad!.sum().toTypedArray().length
            ? { shape: [], data: expanded.grad!.sum().toTypedArray() }
            : { shape: [], data: [0] },
          1e-12,
        );
        assert.deepEqual(b.grad!.shape, b.shape);
      }),
    ));

  it("permute and back, reshape and back, flip twice: nothing changed", () =>
    fc.assert(
      fc.property(
        shapes.chain((shape) =>
          fc.tuple(fc.constant(shape), fc.shuffledSubarray([...shape.keys()], { minLength: shape.length })),
        ),
        ([shape, order]) => {
          const a = randn(shape);
          const back = order.map((_, i) => order.indexOf(i));
          equal(a.permute(order).permute(back), a);
          equal(
            a
              .permute(order)
              .reshape(-1)
              .reshape(order.map((d) => shape[d]!)),
            a.permute(order),
          );
          if (shape.length > 0) equal(a.flip(order).flip(order), a);
        },
      ),
    ));

  it("reshape of what does not lie row by row is a view where one exists, and has the elements in their order", () =>
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(1, 2, 3, 4, 6), { minLength: 1, maxLength: 4 }),
        fc.integer(),
        fc.array(fc.constantFrom(1, 2, 3, 4), { maxLength: 4 }),
        (shape, seed, wish) => {
          const order = [...shape.keys()].sort((i, j) => ((seed >> i) & 3) - ((seed >> j) & 3));
          const whole = randn(shape.map((n, d) => n + ((seed >> (8 + d)) & 1))).permute(order);
          const x = whole.slice(order.map((d) => [(seed >> (8 + d)) & 1, null]));
          const target: number[] = [];
          let left = x.numel();
          for (const n of wish) {
            if (left % n !== 0) continue;
            target.push(n);
            left /= n;
          }
          target.push(left);
          const y = x.reshape(target);
          equal(y, tensor(x.toTypedArray()).reshape(target));
          // A view that looks at the same memory shows what is written into it.
          const shares = y.storage === x.storage;
          assert.equal(shares, everyStep(x, target));
        },
      ),
    ));

  it("transpose reverses products", () =>
    fc.assert(
      fc.property(size, size, size, (m, k, n) => {
        const [a, b] = [tensor(randn(m, k), { dtype: "float64" }), tensor(randn(k, n), { dtype: "float64" })];
        close(a.matmul(b).t(), { shape: [n, m], data: b.t().matmul(a.t()).toTypedArray() });
      }),
    ));

  it("split and cat, unbind and stack undo each other", () =>
    fc.assert(
      fc.property(fc.array(size, { minLength: 1, maxLength: 4 }), fc.nat(3), size, (shape, which, piece) => {
        const dim = which % shape.length;
        const a = randn(shape);
        equal(ops.cat(a.split(piece, dim), dim), a);
        equal(ops.cat(a.chunk(piece, dim), dim), a);
        equal(ops.stack(a.unbind(dim), dim), a);
      }),
    ));

  it("blocked matrix products equal the plain sums, at every edge of the tiles", () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 13 }),
        fc.integer({ min: 1, max: 13 }),
        fc.integer({ min: 1, max: 13 }),
        fc.boolean(),
        (m, k, n, turned) => {
          const a = tensor(randn(m, k), { dtype: "float64" });
          const b = turned ? tensor(randn(n, k), { dtype: "float64" }).t() : tensor(randn(k, n), { dtype: "float64" });
          close(a.matmul(b), { shape: [m, n], data: a.unsqueeze(2).mul(b).sum(1).toTypedArray() });
        },
      ),
    ));

  it("products of stacks equal those of their matrices, whatever the layout and dtype", () => {
    const layout = fc.constantFrom<"packed" | "turned" | "gaps">("packed", "turned", "gaps");
    const make = (how: "packed" | "turned" | "gaps", ...shape: number[]): Tensor => {
      const [rows, columns] = shape.slice(-2) as [number, number];
      const lead = shape.slice(0, -2);
      if (how === "turned") return randn([...lead, columns, rows]).transpose(-2, -1);
      return how === "packed"
        ? randn(shape)
        : randn([...lead, rows + 1, 2, columns])
            .select(-2, 1)
            .narrow(-2, 1, rows);
    };
    fc.assert(
      fc.property(
        size,
        size,
        size,
        size,
        size,
        layout,
        layout,
        fc.boolean(),
        fc.constantFrom("float32", "float64"),
        (outer, inner, m, k, n, la, lb, one, dtype) => {
          const a = make(la, outer, inner, m, k).to(dtype);
          const b = (one ? make(lb, inner, k, n) : make(lb, outer, 1, k, n)).to(dtype);
          const product = a.matmul(b);
          assert.equal(product.dtype, dtype);
          for (let i = 0; i < outer; i++) {
            for (let j = 0; j < inner; j++) {
              const [left, right] = [a.select(0, i).select(0, j), one ? b.select(0, j) : b.select(0, i).select(0, 0)];
              const want = left.to("float64").unsqueeze(2).mul(right.to("float64")).sum(1);
              const got = product.select(0, i).select(0, j);
              close(got, { shape: [m, n], data: want.toTypedArray() }, dtype === "float32" ? 1e-5 : 1e-12);
            }
          }
        },
      ),
    );
  });

  it("linear is the product with the transposed weight, plus the bias, for every dtype, rank and layout", () =>
    fc.assert(
      fc.property(
        fc.array(size, { maxLength: 3 }),
        size,
        size,
        fc.constantFrom("float32", "float64", "int32"),
        fc.boolean(),
        (lead, k, n, dtype, turned) => {
          const make = (...shape: number[]): Tensor => randn(shape).mul(9).to(dtype);
          const reverse = (shape: number[]): number[] => shape.map((_, i) => shape.length - 1 - i);
          const sizes = [...lead, k];
          const x = turned ? make(...reverse(sizes).map((d) => sizes[d]!)).permute(reverse(sizes)) : make(...sizes);
          const [w, b] = [make(n, k), make(n)];
          const want = x.to("float64").matmul(w.to("float64").t()).add(b.to("float64"));
          const y = ops.linear(x, w, b);
          assert.equal(y.dtype, dtype);
          close(y, { shape: [...lead, n], data: want.toTypedArray() }, dtype === "float32" ? 1e-5 : 1e-12);
        },
      ),
    ));
});
