/** Batches made in threads, in a real kernel: from the notebook's folder, and stopped with the cell. */
import assert from "node:assert/strict";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { KernelUnderTest } from "../kernelUnderTest.ts";

describe("data: prefetch in a notebook", function () {
  this.timeout(60_000);
  let kernel: KernelUnderTest;
  before(async () => void (kernel = await KernelUnderTest.started()));
  after(() => kernel.stop());
  const file = (name: string) => path.join(kernel.folder, name);
  const loader = (module: string) =>
    `new data.DataLoader(new data.TensorDataset(arange(6)), { batchSize: 2, map: "./${module}", prefetch: 2 })`;

  it("a module beside the notebook is found, and what threads make arrives", async () => {
    writeFileSync(
      file("twice.ts"),
      "export default ([x]: any) => ({ ...x, data: x.data.map((v: number) => 2 * v) });\n",
    );
    const code = `import { arange, data } from "gradbook";
      const seen: number[][] = [];
      for await (const x of ${loader("twice.ts")}) seen.push(x.toArray());
      JSON.stringify(seen)`;
    assert.equal(await kernel.value(code), "'[[0,2],[4,6],[8,10]]'");
  });

  for (const [how, loop] of [
    ["waits for a batch", "for await (const x of endless) {}"],
    ["computes while threads work", "for await (const x of slow) { for (;;) {} }"],
  ] as const) {
    it(`an interrupt of a loop that ${how} ends it and its threads, and keeps the variables`, async () => {
      writeFileSync(
        file("endless.mjs"),
        `import { writeFileSync } from "node:fs";
         export default (x, { batch }) => {
           if (batch > 0) for (;;) writeFileSync("alive", "");
           return x;
         };`,
      );
      writeFileSync(
        file("waits.mjs"),
        `import { writeFileSync } from "node:fs"; export default () => { for (;;) writeFileSync("alive", ""); };`,
      );
      await kernel.run(`import { arange, data } from "gradbook"; const kept = 42;
        const endless = ${loader("waits.mjs")}; const slow = ${loader("endless.mjs")};`);
      const cell = kernel.start(`console.log("begun");\n${loop}`);
      await cell.printed("begun");
      while (!existsSync(file("alive"))) await new Promise((resolve) => setImmediate(resolve));
      await kernel.client.interrupt();
      const { reply } = await cell.result;
      assert.deepEqual([reply.status, "ename" in reply && reply.ename], ["error", "Interrupted"]);
      // A thread that still runs writes the file again, all the time: then this never ends.
      do {
        rmSync(file("alive"), { force: true });
        assert.equal(await kernel.value("await new Promise((r) => setTimeout(r, 50)); kept"), "42");
      } while (existsSync(file("alive")));
    });
  }
});
