/** LeNet on the real images: a minute of work, so it stands with the tests that take longer. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { data, manualSeed, nn, noGrad, optim, type Tensor } from "../../kernel/gradbook.ts";

const places = [process.env["GRADBOOK_DATA"], resolve(import.meta.dirname, "../../../shared/data")];
const root = places.flatMap((place) => (place ? [join(place, "mnist")] : [])).find((folder) => existsSync(folder));

const lenet = (): nn.Sequential =>
  new nn.Sequential(
    ...[new nn.Conv2d(1, 6, 5, { padding: 2 }), new nn.ReLU(), new nn.MaxPool2d(2)],
    ...[new nn.Conv2d(6, 16, 5), new nn.ReLU(), new nn.MaxPool2d(2)],
    ...[new nn.Flatten(), new nn.Linear(400, 120), new nn.ReLU(), new nn.Linear(120, 84), new nn.ReLU()],
    new nn.Linear(84, 10),
  );

describe("LeNet on MNIST", function () {
  this.timeout(900_000);

  it(`is right in 98 % of the test images or more after one epoch${root ? "" : " (NOT CHECKED: no mnist in GRADBOOK_DATA or ../shared/data)"}`, async () => {
    if (root === undefined) return;
    const train = await data.mnist({ split: "train", root });
    const test = await data.mnist({ split: "test", root });
    manualSeed(0);
    const model = lenet();
    const optimizer = new optim.Adam(model.parameters(), { lr: 2e-3 });
    const batches = new data.DataLoader(new data.TensorDataset(train.images, train.labels), {
      batchSize: 64,
      shuffle: true,
      seed: 0,
    });
    // Down to nothing within the epoch: the last steps no longer jump.
    const schedule = new optim.lrScheduler.OneCycleLR(optimizer, 4e-3, { totalSteps: batches.length });
    let step = 0;
    for (const [x, labels] of batches) {
      optimizer.zeroGrad();
      nn.functional.crossEntropy(model.forward(x!) as Tensor, labels!).backward();
      optimizer.step();
      if (++step < batches.length) schedule.step();
    }
    const right = noGrad(() => {
      let count = 0;
      for (let from = 0; from < 10000; from += 1000) {
        const scores = model.eval().forward(test.images.narrow(0, from, 1000)) as Tensor;
        count += scores
          .argmax(1)
          .eq(test.labels.narrow(0, from, 1000))
          .sum()
          .item();
      }
      return count;
    });
    assert.ok(right >= 9800, `${right} of 10000`);
  });
});
