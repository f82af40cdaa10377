import assert from "node:assert/strict";
import * as gradbook from "../../kernel/gradbook.ts";
import { nn, rand, tensor, type Tensor } from "../../kernel/gradbook.ts";

const f = nn.functional;

describe("what copies in PyTorch copies here: a change of the result in place leaves the input as it is", () => {
  const cases: [string, (x: Tensor) => Tensor, shape: number[]][] = [
    ["flip", (x) => x.flip([0]), [2, 2]],
    ["flip of one element", (x) => x.flip([0]), [1]],
    ["fliplr", (x) => x.fliplr(), [2, 2]],
    ["flipud", (x) => x.flipud(), [2, 2]],
    ...[0, 1, 2, 3].map((k): [string, (x: Tensor) => Tensor, number[]] => [`rot90 ${k}`, (x) => x.rot90(k), [2, 2]]),
    ["rot90 of one element", (x) => x.rot90(1), [1, 1]],
    ["diag of a matrix", (x) => x.diag(), [2, 2]],
    ["repeat once", (x) => x.repeat(1, 1), [2, 2]],
    ["repeat with another dim", (x) => x.repeat(1, 1, 1), [2, 2]],
    ["tile once", (x) => x.tile(1), [2, 2]],
    ["diff zero times", (x) => x.diff(0), [2, 2]],
    ["roll by nothing", (x) => x.roll(0), [2, 2]],
    ["nn.functional.unfold with a kernel of one", (x) => f.unfold(x, 1), [1, 2, 2, 2]],
    ["fold with a kernel of one", (x) => f.fold(x, 2, 1), [1, 2, 4]],
    ["pixelShuffle by 1", (x) => f.pixelShuffle(x, 1), [1, 2, 2, 2]],
    ["pixelUnshuffle by 1", (x) => f.pixelUnshuffle(x, 1), [1, 2, 2, 2]],
    ["pad by nothing", (x) => f.pad(x, [0, 0]), [2, 2]],
    ["interpolate to the same size", (x) => f.interpolate(x, { size: [2, 2] }), [1, 1, 2, 2]],
    ["cat of one", (x) => gradbook.cat([x]), [2, 2]],
    ["stack of one", (x) => gradbook.stack([x]), [2, 2]],
    ["clamp by nothing", (x) => x.clamp({ min: -Infinity }), [2, 2]],
    ["repeatInterleave once", (x) => x.repeatInterleave(1, 0), [2, 2]],
    ["matrixPower 1", (x) => x.matrixPower(1), [2, 2]],
    ["tril of all", (x) => x.tril(5), [2, 2]],
    ["sum over a dim of one", (x) => x.sum(0), [1, 2]],
    ["amax over a dim of one", (x) => x.amax(0), [1, 2]],
    ["cumsum of one", (x) => x.cumsum(0), [1, 2]],
    ["sort", (x) => x.sort(0).values, [1, 2]],
    ["hstack of one", (x) => gradbook.hstack([x]), [2, 2]],
    ["tensor", (x) => tensor(x), [2, 2]],
  ];
  for (const [name, op, shape] of cases) {
    it(name, () => {
      const x = rand(shape);
      const before = x.toArray();
      const y = op(x);
      y.fill_(7);
      assert.deepEqual(x.toArray(), before);
    });
  }
});
