/** What cells show, in a real kernel process. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { KernelUnderTest, type CellResult } from "./kernelUnderTest.ts";

/** The displays of a cell as they stand in the end. */
function displays({ publications }: CellResult): { [mime: string]: unknown }[] {
  const shown: { id: string | undefined; data: { [mime: string]: unknown } }[] = [];
  for (const { header, content } of publications) {
    const { data, transient } = content as { data: { [mime: string]: unknown }; transient?: { display_id?: string } };
    const id = transient?.display_id;
    if (header.msg_type === "display_data") shown.push({ id, data });
    if (header.msg_type === "update_display_data") for (const one of shown) if (one.id === id) one.data = data;
  }
  return shown.map(({ data }) => data);
}
const count = ({ publications }: CellResult, type: string): number =>
  publications.filter(({ header }) => header.msg_type === type).length;
const fileOf = (block: string): string => /in\s+(\S+\.txt)/.exec(block)?.[1] ?? assert.fail(`no file in ${block}`);

describe("output of cells", function () {
  this.timeout(60_000);
  let kernel: KernelUnderTest;
  before(async () => {
    kernel = new KernelUnderTest();
    await kernel.client.ready;
  });
  after(() => kernel.stop());

  describe("floods", () => {
    it("while (true) console.log(i): the newest lines are shown meanwhile, it stops when told, and the file has every line", async () => {
      const cell = kernel.start("let lines = 0; while (true) console.log(lines++)");
      await cell.displayed(/\n\d{6,}\n/);
      await kernel.client.interrupt();
      const result = await cell.result;
      assert.equal(result.reply.status === "error" && result.reply.ename, "Interrupted");
      const lines = Number(await kernel.value("lines"));
      assert.equal(result.stdout, Array.from({ length: 5000 }, (_, i) => `${i}\n`).join(""));
      const block = String(displays(result).at(-1)!["text/plain"]);
      const end = Number(block.trimEnd().split("\n").at(-1));
      assert.ok(end === lines - 1 || end === lines, `${end} is shown as the last of ${lines}`);
      const file = readFileSync(fileOf(block), "utf8").trimEnd().split("\n");
      assert.equal(file.length, end + 1);
      assert.ok(file.every((line, i) => line === String(i)));
    });
    it("lines that come after the end of the cell are counted and shown too", async () => {
      const cell = kernel.start(
        "let late = 0; const stop = setInterval(() => { for (let i = 0; i < 2000; i++) console.log('late ' + late++); if (late === 10_000) clearInterval(stop); }, 5); 'set'",
      );
      await cell.displayed(/late 9999\n$/);
    });
    it("ten thousand displays: some are shown, the rest is text, and nothing is lost", async () => {
      const result = await kernel.run("for (let i = 0; i < 10_000; i++) display(i)");
      assert.equal(count(result, "display_data"), 501);
      const block = String(displays(result).at(-1)!["text/plain"]);
      assert.match(block, /\n9999\n$/);
      assert.equal(readFileSync(fileOf(block), "utf8").trimEnd().split("\n").length, 9500);
    });
    it("a display that is updated in a loop shows its last state, in few messages", async () => {
      const result = await kernel.run("for (let i = 0; i < 10_000; i++) display(i, { id: 'fast' })");
      assert.deepEqual(displays(result), [{ "text/plain": "9999" }]);
      assert.ok(count(result, "update_display_data") < 1000);
    });
    it("one string of 50 MB does not reach the window", async () => {
      const result = await kernel.run("console.log('x'.repeat(50e6))");
      assert.ok(result.stdout.length < 600_000);
      assert.match(String(displays(result)[0]!["text/plain"]), /1 line \(50 MB\), is in/);
    });
    it("the files go with the kernel", async () => {
      const own = new KernelUnderTest({ env: { GRADBOOK_OUTPUT_MAX_LINES: "2" } });
      try {
        const result = await own.run("console.log('a\\nb\\nc')");
        assert.equal(result.stdout, "a\nb\n");
        const file = fileOf(String(displays(result)[0]!["text/plain"]));
        assert.equal(readFileSync(file, "utf8"), "a\nb\nc\n");
        await own.client.shutdown();
        assert.equal(existsSync(file), false);
      } finally {
        await own.stop();
      }
    });
  });
});
