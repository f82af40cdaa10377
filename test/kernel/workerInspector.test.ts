import assert from "node:assert/strict";
import { Worker } from "node:worker_threads";
import { WorkerInspector } from "../../kernel/session/workerInspector.ts";

describe("the inspector of a worker", () => {
  it("never tells of an event in the middle of other code", async () => {
    const inspector = new WorkerInspector();
    await inspector.enable();
    // Each function that is made is a script that the debugger is told of.
    const worker = new Worker("for (let i = 0; ; i++) new Function(`return ${i}`);", { eval: true });
    await inspector.attached(worker);
    let depth = 0;
    let events = 0;
    let within = 0;
    inspector.onEvent = () => {
      events++;
      if (depth > 0) within++;
    };
    await inspector.send(worker, "Debugger.enable", {});
    const square = (n: number): number => n * n;
    while (events < 1000) {
      depth++;
      let sum = 0;
      for (let i = 0; i < 1e6; i++) sum += square(i & 7);
      assert.ok(sum > 0);
      depth--;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await worker.terminate();
    assert.equal(within, 0);
  });
});
