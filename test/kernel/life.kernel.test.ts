/** What a cell may do to its kernel: it is told what happened, the next cell works, and no process is left behind. */
import assert from "node:assert/strict";
import { KernelUnderTest } from "./kernelUnderTest.ts";
import { rows, type Row } from "./lifeRows.ts";
import { runtimes } from "./runtimes.ts";

/** Runs the cell of a row; the text of its error, or undefined. */
async function run(kernel: KernelUnderTest, { code, value, stderr }: Row): Promise<string | undefined> {
  const cell = kernel.start(code);
  if (stderr) await cell.printed(stderr);
  try {
    const result = await cell.result;
    if (result.reply.status === "error") return `${result.reply.ename}: ${result.reply.evalue}`;
    if (value) assert.match(result.value ?? "", value);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

for (const { name: on, runtime } of runtimes) {
  describe(`the kernel's life on ${on}`, function () {
    this.timeout(60_000);
    /** Kernels that are as good as new, by their environment. */
    const kernels = new Map<string, KernelUnderTest>();
    after(() => Promise.all([...kernels.values()].map((kernel) => kernel.stop())));

    for (const row of rows) {
      it(`${row.name}: ${row.after}`, async () => {
        const { env = {} } = row;
        const key = JSON.stringify(env);
        const mine = (row.spoils ? undefined : kernels.get(key)) ?? new KernelUnderTest({ runtime, env });
        if (kernels.get(key) === mine) kernels.delete(key);
        let whole = false;
        const late = setTimeout(() => mine.client.dispose(), 50_000);
        try {
          assert.equal(await mine.value("let kept = 'as it was'; kept"), "'as it was'");
          const said = await run(mine, row);
          assert.match(said ?? "", row.error ?? /^$/);
          if (row.after === "process gone") {
            await mine.exited;
            await assert.rejects(mine.run("1"), /not running/);
          } else {
            const left = row.after === "same session" ? "'as it was'" : undefined;
            assert.equal(await mine.value("typeof kept === 'undefined' ? undefined : kept"), left);
            assert.equal(await mine.value("await new Promise((resolve) => setTimeout(resolve, 1, 2)); 1 + 1"), "2");
          }
          whole = row.after !== "process gone" && !row.spoils;
        } finally {
          clearTimeout(late);
          if (whole && !kernels.has(key)) kernels.set(key, mine);
          else mine.client.dispose();
        }
      });
    }
  });
}
