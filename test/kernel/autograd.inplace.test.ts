import assert from "node:assert/strict";
import { gradcheck, gradgradcheck, noGrad, tensor, zeros, type Tensor } from "../../kernel/gradbook.ts";

const leaf = (data: number | number[] | number[][]): Tensor => tensor(data, { dtype: "float64", requiresGrad: true });
const values = (x: Tensor | undefined): unknown => x?.toArray();

describe("changes in place", () => {
  it("are recorded like the operation without the underscore", () => {
    const x = leaf([1, 2]);
    const y = x.mul(3);
    y.mul_(x).add_(1);
    y.sum().backward();
    assert.deepEqual(
      [values(y), values(x.grad)],
      [
        [4, 13],
        [6, 12],
      ],
    );
  });

  it("of a tensor without gradient by one with: the gradient flows", () => {
    const x = leaf([1, 2]);
    const sum = tensor([0, 0], { dtype: "float64" });
    sum.add_(x).add_(x.square());
    sum.sum().backward();
    assert.deepEqual(values(x.grad), [3, 5]);
  });

  it("by a constant cut the gradient", () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    const before = y.square().sum();
    y.fill_(3);
    y.mul(x).sum().backward();
    assert.deepEqual(values(x.grad), [3, 3]);
    assert.throws(() => before.backward(), /changed in place/);
  });

  it("inside noGrad leave the history as it is", () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    noGrad(() => y.fill_(7));
    y.sum().backward();
    assert.deepEqual(
      [values(y), values(x.grad)],
      [
        [7, 7],
        [2, 2],
      ],
    );
  });
});

describe("changes in place of a part", () => {
  const x = () =>
    leaf([
      [0.5, -1, 2],
      [1.5, 0.25, -0.75],
    ]);
  const cases: [string, (x: Tensor) => Tensor][] = [
    [
      "are recorded in the whole",
      (x) => {
        const y = x.mul(3);
        y.narrow(1, 0, 2).mul_(x.narrow(1, 1, 2));
        return y.mul(x);
      },
    ],
    [
      "of a view of a view, transposed",
      (x) => {
        const y = x.square();
        y.t().narrow(0, 1, 2).select(1, 0).exp_();
        return y.mul(y);
      },
    ],
    [
      "also fill a tensor that had no gradient, row by row",
      (x) => {
        const y = zeros([3, 3], { dtype: "float64" });
        for (let i = 0; i < 3; i++) y.select(0, i).copy_(x.select(0, i % 2).pow(i + 1));
        return y;
      },
    ],
    [
      "by a constant cut the gradient there",
      (x) => {
        const y = x.square();
        y.slice([
          [0, null, 2],
          [1, null],
        ]).fill_(2);
        return y.mul(x);
      },
    ],
    [
      "reach the view and the whole",
      (x) => {
        const y = x.square();
        const part = y.select(1, 2);
        part.mul_(x.select(1, 0)).add_(1);
        return y.sum().add(part.square().sum());
      },
    ],
  ];
  for (const [name, f] of cases) {
    it(name, () => {
      gradcheck(f, [x()]);
      gradgradcheck(f, [x()]);
    });
  }
  it("of stretched elements, which are one in memory, are refused, but for filling", () => {
    const x = tensor([1]);
    x.expand(3).fill_(4);
    assert.deepEqual(x.toArray(), [4]);
    assert.throws(() => x.expand(3).add_(1), /add_: several elements of this stretched tensor .*clone/);
  });
});
