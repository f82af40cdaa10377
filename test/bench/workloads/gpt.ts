import { nn, ones, optim, randint, type Tensor } from "../../../kernel/gradbook.ts";
import type { Workload } from "./workload.ts";

const [VOCABULARY, WIDTH, HEADS, LAYERS, BATCH, TIME] = [65, 128, 4, 2, 16, 64] as const;

/** Attention written out, as in a tutorial, and not by `scaledDotProductAttention`. */
class Block extends nn.Module {
  norm1 = new nn.LayerNorm(WIDTH);
  qkv = new nn.Linear(WIDTH, 3 * WIDTH);
  projection = new nn.Linear(WIDTH, WIDTH);
  norm2 = new nn.LayerNorm(WIDTH);
  feedForward = new nn.Sequential(new nn.Linear(WIDTH, 4 * WIDTH), new nn.GELU(), new nn.Linear(4 * WIDTH, WIDTH));
  readonly mask = ones(TIME, TIME).triu(1).to("bool");

  forward(x: Tensor): Tensor {
    const heads = (z: Tensor) => z.reshape(BATCH, TIME, HEADS, WIDTH / HEADS).transpose(1, 2);
    const [q, k, v] = this.qkv.forward(this.norm1.forward(x)).split(WIDTH, 2).map(heads) as [Tensor, Tensor, Tensor];
    const scores = q.matmul(k.transpose(-2, -1)).div(Math.sqrt(WIDTH / HEADS));
    const weights = scores.maskedFill(this.mask, -Infinity).softmax(-1);
    const mixed = weights.matmul(v).transpose(1, 2).reshape(BATCH, TIME, WIDTH);
    const y = x.add(this.projection.forward(mixed));
    return y.add(this.feedForward.forward(this.norm2.forward(y)));
  }
}

class Gpt extends nn.Module {
  tokens = new nn.Embedding(VOCABULARY, WIDTH);
  positions = new nn.Embedding(TIME, WIDTH);
  blocks = new nn.Sequential(...Array.from({ length: LAYERS }, () => new Block()));
  norm = new nn.LayerNorm(WIDTH);
  head = new nn.Linear(WIDTH, VOCABULARY);
  forward(x: Tensor): Tensor {
    const embedded = this.tokens.forward(x).add(this.positions.weight);
    return this.head.forward(this.norm.forward(this.blocks.forward(embedded)));
  }
}

/** A step of a transformer of two layers on 16 × 64 characters. */
export function gpt(): Workload {
  const x = randint(VOCABULARY, [BATCH, TIME]);
  const y = randint(VOCABULARY, [BATCH, TIME]);
  const model = new Gpt();
  const optimizer = new optim.AdamW(model.parameters(), { lr: 3e-4 });
  return {
    run() {
      optimizer.zeroGrad();
      nn.functional.crossEntropy(model.forward(x).reshape(-1, VOCABULARY), y.reshape(-1)).backward();
      optimizer.step();
    },
  };
}
