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
    let kernel: KernelUnderTest | undefined;
    after(() => kernel?.stop());

    for (const row of rows) {
      it(`${row.name}: ${row.after}`, async () => {
        const mine =
          (row.env ? undefined : kernel) ?? new KernelUnderTest({ runtime, ...(row.env && { env: row.env }) });
        let whole = false;
        if (mine === kernel) kernel = undefined;
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
          // What was done to its surroundings stays.
          whole = row.after === "same session" && !row.env;
        } finally {
          clearTimeout(late);
          if (whole && !kernel) kernel = mine;
          else mine.client.dispose();
        }
      });
    }
  });
}
