/** Interrupt beside the matrix: the second press, background work, a client that takes its time, and many in a row. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { KernelUnderTest } from "./kernelUnderTest.ts";
import { interruptMany } from "./interruptMany.ts";
import { runtimes } from "./runtimes.ts";

/** A press that is not the second half of a double click. */
const NEXT_PRESS_MS = 1000;

for (const { name: on, runtime } of runtimes) {
  describe(`interrupts on ${on}`, function () {
    this.timeout(120_000);
    const kernel = new KernelUnderTest({ runtime });
    before(() => kernel.value('import { setTimeout as sleep } from "node:timers/promises"; undefined'));
    after(() => kernel.stop());

    /** What the cell was told. */
    const interrupted = async (code: string, presses: number): Promise<string> => {
      const cell = kernel.start(code);
      await cell.printed("go");
      for (let press = 0; press < presses; press++) {
        if (press > 0) await sleep(NEXT_PRESS_MS);
        await kernel.client.interrupt();
      }
      const { reply } = await cell.result;
      assert.ok(reply.status === "error");
      assert.equal(reply.ename, "Interrupted");
      return reply.evalue;
    };
    /** Whether the number goes on growing. */
    const grows = async (expression: string): Promise<string | undefined> =>
      kernel.value(`const before = ${expression}; await sleep(100); ${expression} > before`);

    describe("the second press", () => {
      const slow = 'let late = false; try { console.log("go"); for (;;); } finally { await sleep(2000); late = true; }';
      it("is not needed: finally blocks get their time", async () => {
        assert.match(await interrupted(slow, 1), /variables are kept$/);
        assert.equal(await kernel.value("late"), "true");
      });
      it("cuts finally blocks short", async () => {
        assert.match(await interrupted(slow, 2), /variables are kept/);
        assert.equal(await kernel.value("late"), "false");
      });
    });

    describe("while no cell runs", () => {
      it("stops the timers of earlier cells, and they say so", async () => {
        const cell = kernel.start("let ticks = 0; setInterval(() => ticks++, 1); setTimeout(() => {}, 1e8); 1");
        await cell.result;
        assert.equal(await grows("ticks"), "true");
        await kernel.client.interrupt();
        await cell.printed("Interrupted: stopped 2 timers of this cell.");
        assert.equal(await grows("ticks"), "false");
      });
      it("stops loops of earlier cells that wait again and again", async () => {
        const cell = kernel.start("let turns = 0; void (async () => { for (;;) { await sleep(1); turns++; } })(); 1");
        await cell.result;
        assert.equal(await grows("turns"), "true");
        await kernel.client.interrupt();
        // Now and then the loop is just between two waits, and throws at the next.
        await cell.printed(/Interrupted: stopped (1 .* of this cell|by the user)/);
        assert.equal(await grows("turns"), "false");
      });
      for (const [what, loop] of [
        ["a loop", "for (;;);"],
        ["a loop that nothing asks", 'new Function("for (;;);")();'],
        ["awaits that nothing asks", 'new Function("return (async () => { for (;;) await 0; })()")();'],
      ] as const) {
        it(`stops ${what} in a timer of an earlier cell`, async () => {
          const cell = kernel.start(`setTimeout(() => { console.log("go"); ${loop} }, 1); 1`);
          await cell.result;
          await cell.printed("go");
          await kernel.client.interrupt();
          assert.equal(await kernel.value("1 + 1"), "2");
        });
      }
    });

    it("a cell that is stopped leaves the timers of earlier cells alone", async () => {
      await kernel.value("let steps = 0; const steady = setInterval(() => steps++, 1); 1");
      await interrupted('console.log("go"); await new Promise(() => {});', 1);
      assert.equal(await grows("steps"), "true");
      await kernel.value("clearInterval(steady)");
    });

    it("a cell that cannot begin because of background work is stopped with it", async () => {
      const first = kernel.start('setTimeout(() => { console.log("go"); for (;;); }, 1); 1');
      await first.result;
      await first.printed("go");
      const second = kernel.start("let begun = 0; for (;;) begun++;");
      await kernel.client.interrupt();
      const { reply } = await second.result;
      assert.equal(reply.status === "error" && reply.ename, "Interrupted");
      assert.equal(await kernel.value("1 + 1"), "2");
    });

    it("a cell that waits for its client to take output is stopped at once, and its finally runs", async () => {
      let open!: () => void;
      const gate = new Promise<void>((resolve) => (open = resolve));
      let shown = 0;
      const own = new KernelUnderTest({ runtime, onPublication: () => (++shown > 20 ? gate : Promise.resolve()) });
      try {
        const cell = own.start(
          'let fin = false; try { console.log("go"); for (;;) display("x".repeat(1e5)); } finally { fin = true; console.log("end"); }',
        );
        await cell.printed("go");
        await sleep(200);
        await own.client.interrupt();
        await sleep(1000);
        open();
        const { reply } = await cell.result;
        assert.match(reply.status === "error" ? reply.evalue : "", /variables are kept$/);
        assert.equal(await own.value("fin"), "true");
      } finally {
        await own.stop();
      }
    });

    it("24 in a row, of all kinds, leave a kernel that works, with its variables", () => interruptMany(runtime, 24));
  });
}
