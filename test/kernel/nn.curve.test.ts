import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { manualSeed, nn, optim, randint, randn, type Tensor } from "../../kernel/gradbook.ts";

const golden = JSON.parse(readFileSync(new URL("../golden/curve.json", import.meta.url), "utf8")) as {
  losses: number[];
};

describe("a training laid over PyTorch's with the same seed", function () {
  this.timeout(60_000);

  it("MLP 784-128-10, batch 64, Adam: 100 losses equal to 1e-4, weights and examples from one stream", () => {
    manualSeed(0);
    const model = new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10));
    const [x, labels] = [randn(256, 784), randint(10, [256])];
    const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
    const losses = golden.losses.map((_, step) => {
      const from = (step % 4) * 64;
      optimizer.zeroGrad();
      const loss = nn.functional.crossEntropy(
        model.forward(x.narrow(0, from, 64)) as Tensor,
        labels.narrow(0, from, 64),
      );
      loss.backward();
      optimizer.step();
      return loss.item();
    });
    assert.ok(golden.losses.length === 100 && golden.losses[99]! < 0.8 * golden.losses[0]!);
    losses.forEach((loss, step) => {
      const want = golden.losses[step]!;
      assert.ok(Math.abs(loss - want) <= 1e-4, `step ${step}: ${loss} is not ${want}`);
    });
  });
});
