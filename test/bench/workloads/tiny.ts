import { nn, optim, rand } from "../../../kernel/gradbook.ts";
import type { Workload } from "./workload.ts";

/** A step of the net 2-4-1 on 100 rows. */
export function tiny(): Workload {
  const inputs = rand(100, 2);
  const targets = rand(100, 1).gt(0.5).to("float32");
  const model = new nn.Sequential(new nn.Linear(2, 4), new nn.Tanh(), new nn.Linear(4, 1));
  const criterion = new nn.BCEWithLogitsLoss();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  return {
    run() {
      optimizer.zeroGrad();
      criterion.forward(model.forward(inputs), targets).backward();
      optimizer.step();
    },
    batch: 10,
  };
}
