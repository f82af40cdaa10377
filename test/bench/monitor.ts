/**
 * What watching costs: the same training with and without `plot.live`, in turns, so that whatever else the machine
 * does meets both alike. Prints medians per step; asserts nothing.
 *
 *     node test/bench/monitor.ts [rounds]
 */
import { data, manualSeed, nn, optim, type Tensor } from "../../kernel/gradbook.ts";
import type { Host } from "../../kernel/plot/host.ts";
import { Live } from "../../kernel/plot/live/live.ts";

const ROUNDS = Number(process.argv[2] ?? 30);
const STEPS = 40;
const BATCH = 64;

class Mlp extends nn.Module {
  layer1 = new nn.Linear(784, 128);
  layer2 = new nn.Linear(128, 10);
  forward(x: Tensor): Tensor {
    return this.layer2.forward(this.layer1.forward(x).relu());
  }
}

const { images, labels } = data.digits({ n: 1024, seed: 1 });
const pixels = images.reshape(-1, 784);

/** Sends as the worker does: what leaves is a copy. */
function copyingHost(): Host & { frames: number; end(): void } {
  let atEnd = () => {};
  return {
    frames: 0,
    display: (bundle) => void structuredClone(bundle),
    update: (bundle) => void structuredClone(bundle),
    open: (_id, _target, state) => void structuredClone(state),
    send(_id, delta) {
      this.frames++;
      structuredClone(delta);
    },
    close() {},
    onCellEnd: (callback) => void (atEnd = callback),
    poll() {},
    end: () => atEnd(),
  };
}

function training(watched: boolean) {
  manualSeed(1);
  const model = new Mlp();
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
  const host = copyingHost();
  // A clock that runs only while this training does, so that its 3 % are 3 % of its own time.
  let spentMs = 0;
  let beganMs = 0;
  const live = watched
    ? new Live({ model, optimizer }, { host, now: () => spentMs + performance.now() - beganMs })
    : undefined;
  let at = 0;
  return {
    host,
    live,
    run(steps: number): number {
      beganMs = performance.now();
      for (let i = 0; i < steps; i++) {
        const rows: [number, number] = [at, (at = at + BATCH >= 1024 ? 0 : at + BATCH) || 1024];
        optimizer.zeroGrad();
        const loss = nn.functional.crossEntropy(model.forward(pixels.slice([rows])), labels.slice([rows]));
        loss.backward();
        optimizer.step();
        live?.log({ loss });
      }
      const ms = performance.now() - beganMs;
      spentMs += ms;
      return ms / steps;
    },
  };
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const [plain, watched] = [training(false), training(true)];
plain.run(STEPS);
watched.run(STEPS);
const times: { plain: number[]; watched: number[]; ratio: number[] } = { plain: [], watched: [], ratio: [] };
for (let round = 0; round < ROUNDS; round++) {
  // Who goes first changes, for what a turn leaves behind.
  const order = round % 2 === 0 ? ([plain, watched] as const) : ([watched, plain] as const);
  const ms = new Map(order.map((one) => [one, one.run(STEPS)] as const));
  times.plain.push(ms.get(plain)!);
  times.watched.push(ms.get(watched)!);
  times.ratio.push(ms.get(watched)! / ms.get(plain)!);
}
const { state } = watched.live!;
watched.host.end();
console.log(`784-128-10, batch ${BATCH}, Adam; ${ROUNDS} rounds of ${STEPS} steps each way, medians`);
console.log(`without monitor  ${median(times.plain).toFixed(3)} ms per step`);
console.log(`with monitor     ${median(times.watched).toFixed(3)} ms per step`);
console.log(`cost             ${((median(times.ratio) - 1) * 100).toFixed(1)} % (target: at most 5 %)`);
const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
console.log(`cost of the mean ${((mean(times.watched) / mean(times.plain) - 1) * 100).toFixed(1)} %`);
console.log(
  `${state.observed.count} observations and ${watched.host.frames} frames in ${(state.elapsedMs / 1000).toFixed(1)} s`,
);
