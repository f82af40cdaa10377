/** Memory frees itself: nothing is held by the engine after a step that the user does not hold. */
import assert from "node:assert/strict";
import { ones, type Tensor } from "../../kernel/gradbook.ts";
import { growth, soak, soaks, type Sample } from "./soak/soak.ts";

describe("a training loop without a pause", function () {
  this.timeout(120_000);

  for (const { name, workload, short } of soaks) {
    it(`${name}: ${short} steps end with the memory they began with`, () => {
      const { reserved, held } = growth(soak(workload(), short));
      assert.deepEqual({ reserved, held }, { reserved: 0, held: 0 });
    });
  }

  it("a loop that keeps its tensors is found", () => {
    const kept: Tensor[] = [];
    const soaked = soak({ run: () => void kept.push(ones(256)) }, 2000);
    assert.ok(growth(soaked).held > 0, `held ${soaked.held.join(" → ")}, ${kept.length} tensors kept`);
  });
});

describe("judging a run", () => {
  const MB = 2 ** 20;
  const sizes = { process: 200 * MB, heap: 30 * MB, live: 10 * MB, reserved: 256 * MB };
  const sample = (step: number, change: Partial<Sample> = {}): Sample => ({
    step,
    stepsPerSecond: 1,
    ...sizes,
    ...change,
  });
  const flat = { process: 0, heap: 0, reserved: 0, held: 0 };

  const runs: [claim: string, change: (i: number) => Partial<Sample>, held: [number, number], wanted: object][] = [
    ["equal sizes are flat", () => ({}), [MB, MB], flat],
    ["what jumps about is flat", (i) => ({ heap: (i % 3) * 20 * MB }), [MB, MB], flat],
    ["what falls is flat", (i) => ({ process: (30 - i) * 20 * MB }), [2 * MB, MB], flat],
    ["a first half that fills up is flat", (i) => ({ reserved: Math.min(i, 9) * 32 * MB }), [MB, MB], flat],
    [
      "a second half twice as large",
      (i) => ({ reserved: (i < 10 ? 1 : 2) * 256 * MB }),
      [MB, MB],
      { ...flat, reserved: 100 },
    ],
    ["tensors held at the end", () => ({}), [4 * MB, 5 * MB], { ...flat, held: 25 }],
  ];
  for (const [claim, change, held, wanted] of runs) {
    it(claim, () => {
      const samples = Array.from({ length: 20 }, (_, i) => sample(i, change(i)));
      assert.deepEqual(growth({ samples, held }), wanted);
    });
  }
});
