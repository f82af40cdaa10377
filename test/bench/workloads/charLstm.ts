import { nn, optim, randint, type Tensor } from "../../../kernel/gradbook.ts";
import type { Workload } from "./workload.ts";

const [VOCABULARY, HIDDEN, BATCH, TIME] = [65, 128, 32, 64] as const;

class CharLstm extends nn.Module {
  embedding = new nn.Embedding(VOCABULARY, HIDDEN);
  lstm = new nn.LSTM(HIDDEN, HIDDEN, { batchFirst: true });
  head = new nn.Linear(HIDDEN, VOCABULARY);
  forward(x: Tensor): Tensor {
    const [hidden] = this.lstm.forward(this.embedding.forward(x));
    return this.head.forward(hidden);
  }
}

/** A step of a character model on 32 × 64 characters, its gradient clipped to norm 5. */
export function charLstm(): Workload {
  const x = randint(VOCABULARY, [BATCH, TIME]);
  const y = randint(VOCABULARY, [BATCH, TIME]);
  const model = new CharLstm();
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
  return {
    run() {
      optimizer.zeroGrad();
      nn.functional.crossEntropy(model.forward(x).reshape(-1, VOCABULARY), y.reshape(-1)).backward();
      nn.utils.clipGradNorm(model.parameters(), 5);
      optimizer.step();
    },
  };
}
