/** However a kernel ends, and whatever its cells have started: no process is left behind. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { KernelUnderTest } from "./kernelUnderTest.ts";
import { startPrograms, stuck } from "./programs.ts";
import { runtimes } from "./runtimes.ts";

/** Ended, or a zombie that nobody has asked for. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return true;
  }
  if (process.platform !== "linux") return false;
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\)/s, ""));
  } catch {
    return true;
  }
}

/** Fails by the test's own limit when one of them stays. */
async function allGone(pids: readonly number[]): Promise<void> {
  while (!pids.every(isGone)) await sleep(20);
}

interface Row {
  name: string;
  end(kernel: KernelUnderTest): unknown;
  /** The kernel's own process goes on. */
  stays?: boolean;
}
const rows: Row[] = [
  { name: "shut down", end: (kernel) => kernel.client.shutdown() },
  { name: "disposed of", end: (kernel) => kernel.client.dispose() },
  { name: "killed", end: (kernel) => process.kill(kernel.client.pid!, "SIGKILL") },
  { name: "terminated", end: (kernel) => process.kill(kernel.client.pid!, "SIGTERM") },
  { name: "left by process.exit() in a cell", end: (kernel) => kernel.run("process.exit()"), stays: true },
  {
    name: "interrupted while the cell that started them runs",
    end: async (kernel) => kernel.client.interrupt(),
    stays: true,
  },
];

// Windows ends the processes of a job by itself, and has none of these signals.
if (process.platform !== "win32") {
  for (const { name: on, runtime } of runtimes) {
    describe(`processes of a kernel on ${on}`, function () {
      this.timeout(60_000);

      for (const { name, end, stays } of rows) {
        it(`${name}: nothing that its cells have started is left`, async () => {
          const kernel = new KernelUnderTest({ runtime });
          try {
            const wait = name.startsWith("interrupted") ? "await new Promise(() => {});" : "";
            const cell = kernel.start(`${startPrograms} console.log("pids " + JSON.stringify(pids)); ${wait}`);
            cell.result.catch(() => {});
            await cell.printed(/pids .*\n/);
            if (!wait) await cell.result;
            const pids = JSON.parse(/pids (.*)\n/.exec(cell.stdout())![1]!) as number[];
            assert.equal(pids.length, 3);
            assert.ok(!pids.some(isGone), "they were not there");
            await end(kernel);
            await allGone(stays ? pids : [...pids, kernel.client.pid!]);
            if (stays) assert.equal(await kernel.value("1 + 1"), "2");
          } finally {
            kernel.client.dispose();
          }
        });
      }

      for (const [what, code] of Object.entries(stuck)) {
        it(`the client is killed while ${what}: the kernel and its programs end`, async () => {
          const script = path.join(import.meta.dirname, "lifeClient.ts");
          const client = spawn(process.execPath, [script, runtime, code], { stdio: ["ignore", "pipe", "inherit"] });
          const [line] = (await new Promise((resolve) =>
            createInterface({ input: client.stdout }).once("line", (text) => resolve([text])),
          )) as [string];
          const pids = JSON.parse(line) as number[];
          assert.ok(!pids.some(isGone), "they were not there");
          client.kill("SIGKILL");
          await allGone(pids);
        });
      }
    });
  }
}
