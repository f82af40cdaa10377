import { arange, nn, optim, rand, type Tensor } from "../../../kernel/gradbook.ts";
import type { Workload } from "./workload.ts";

const BATCH = 64;

/** A step of a classifier of ten classes. */
function classifier(images: Tensor, model: nn.Module): Workload {
  const labels = arange(BATCH, { dtype: "int32" }).remainder(10);
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
  return {
    run() {
      optimizer.zeroGrad();
      nn.functional.crossEntropy(model.forward(images), labels).backward();
      optimizer.step();
    },
  };
}

/** 784-128-10. */
export function mlp(): Workload {
  return classifier(
    rand(BATCH, 784),
    new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10)),
  );
}

/** Convolution 1 → 8 and 8 → 16, 5 × 5, each with pooling, and one layer 256-10. */
export function lenet(): Workload {
  return classifier(
    rand(BATCH, 1, 28, 28),
    new nn.Sequential(
      new nn.Conv2d(1, 8, 5),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(8, 16, 5),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(256, 10),
    ),
  );
}

/** Two blocks of two 3 × 3 convolutions (32, 32, 64, 64 channels) with pooling, then 4096-128-10. */
export function cifar(): Workload {
  return classifier(
    rand(BATCH, 3, 32, 32),
    new nn.Sequential(
      new nn.Conv2d(3, 32, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.Conv2d(32, 32, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(32, 64, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.Conv2d(64, 64, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(4096, 128),
      new nn.ReLU(),
      new nn.Linear(128, 10),
    ),
  );
}
