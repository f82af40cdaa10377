/** Interrupt: whatever runs is stopped, each rung keeps what it says, and the next cell works. On every supported Node. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { files, rows, setUp, type Row } from "./interruptRows.ts";
import { KernelUnderTest } from "./kernelUnderTest.ts";
import { runtimes } from "./runtimes.ts";

async function begin(runtime: string): Promise<KernelUnderTest> {
  const kernel = new KernelUnderTest({ runtime });
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(kernel.folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  await kernel.value(setUp);
  return kernel;
}

/** Presses Interrupt while the cell runs, again after a while when `impatient`. */
async function interrupt(kernel: KernelUnderTest, { code }: Row): Promise<{ ename: string; evalue: string }> {
  const cell = kernel.start(code);
  let ended = false;
  void cell.result.then(
    ({ reply }) => {
      if (!ended && !JSON.stringify(reply).includes("Interrupted")) console.log("early", JSON.stringify(reply));
      ended = true;
    },
    () => {},
  );
  await cell.printed("go");
  await kernel.client.interrupt();
  const { reply } = await cell.result;
  ended = true;
  assert.ok(reply.status === "error", "it was not stopped");
  return reply;
}

const said = {
  unwinds: /variables are kept$/,
  "callback ended, cell unwinds": /variables are kept$/,
  ended: /variables are kept; finally blocks did not run/,
  "new worker": /variables are lost/,
  "new process": /process/,
};

for (const { name: on, runtime } of runtimes) {
  describe(`interrupt on ${on}`, function () {
    this.timeout(60_000);
    let kernel: KernelUnderTest | undefined;
    after(() => kernel?.stop());

    for (const row of rows) {
      it(`${row.name}: ${row.rung}`, async () => {
        kernel ??= await begin(runtime);
        const mine = kernel;
        // What a row leaves behind when it fails must not fail the next ones.
        kernel = undefined;
        let whole = false;
        const late = setTimeout(() => mine.client.dispose(), 25_000);
        try {
          const { ename, evalue } = await interrupt(mine, row);
          assert.equal(ename, "Interrupted", evalue);
          assert.match(evalue, said[row.rung]);
          if (row.says) assert.match(evalue, row.says);
          if (row.rung === "new process") await mine.exited;
          else if (row.rung === "new worker") {
            assert.equal(await mine.value("typeof untouched"), "'undefined'");
          } else {
            for (const [expression, value] of Object.entries(row.keeps ?? {}))
              assert.match((await mine.value(expression)) ?? "", value, expression);
            assert.equal(await mine.value("fin"), String(row.rung !== "ended"));
            assert.equal(await mine.value("untouched.deep[0]"), "'kept'");
            assert.equal(await mine.value("let sum = 0; for (let i = 0; i < 1e5; i++) sum += await 1; sum"), "100000");
          }
          whole = !row.rung.startsWith("new");
        } finally {
          clearTimeout(late);
          if (whole) kernel = mine;
          else mine.client.dispose();
        }
      });
    }
  });
}
