/** A thread that runs the function of a module over batches; `MapThreads` starts it. */
import { parentPort, workerData } from "node:worker_threads";
import { buffersIn } from "./buffers.ts";
import { batchRandom } from "./order.ts";

/** What a thread is asked, and what it answers. */
export interface MapRequest {
  id: number;
  batch: unknown;
  context: { batch: number; epoch: number; seed: number };
}
export type MapAnswer = { id: number; batch: unknown } | { id: number; error: unknown };

const port = parentPort;
if (port === null) throw new Error("kernel/data/mapThread.js is started by DataLoader, not by itself.");
const { module } = workerData as { module: string };
const loaded = import(module);
loaded.catch(() => {}); // answered with the first request

port.on("message", ({ id, batch, context: { batch: number, epoch, seed } }: MapRequest) => {
  const context = { batch: number, epoch, random: batchRandom(seed, number) };
  void loaded
    .then(({ default: map }: { default?: unknown }) => {
      if (typeof map !== "function") throw new TypeError("it has no function as its default export");
      return map(batch, context) as unknown;
    })
    .then((result) => port.postMessage({ id, batch: result } satisfies MapAnswer, buffersIn(result)))
    .catch((error: unknown) => port.postMessage({ id, error: asError(error) } satisfies MapAnswer));
});

/** What can be sent: an error of a class of the module's own would arrive as a plain object. */
function asError(error: unknown): Error {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return Object.assign(new Error(message), { name, stack });
}
