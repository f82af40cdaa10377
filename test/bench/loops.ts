/**
 * Loops as a cell of a real kernel and as an ES module of a plain Node, in turns, so that whatever else the machine does
 * meets both alike. Prints the medians of each and their ratio.
 *
 *     node test/bench/loops.ts [rounds] [name]
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { KernelUnderTest } from "../kernel/kernelUnderTest.ts";
import { programs, type Program } from "./loops/programs.ts";

const ROUNDS = Number(process.argv[2] ?? 15);
const only = process.argv[3];
const chosen = programs.filter(({ name }) => only === undefined || name.includes(only));
if (!(ROUNDS > 0) || chosen.length === 0) {
  console.error(`loops: [rounds] [name]. Names: ${programs.map(({ name }) => name).join(", ")}.`);
  process.exit(2);
}

/** Time of the thread itself where Node can tell: what else the machine does counts for neither side. */
const CLOCK =
  "const clock = () => { const { user, system } = process.threadCpuUsage(); return (user + system) / 1000; };\nconst began = clock();\n";

/** Milliseconds of one run as a module, imported anew each time. */
class Modules {
  private readonly folder = mkdtempSync(path.join(os.tmpdir(), "gradbook-loops-"));
  private readonly child: ChildProcess;
  private made = 0;

  constructor() {
    const host = path.join(this.folder, "host.mjs");
    writeFileSync(host, 'process.on("message", async (file) => process.send((await import(file)).ms));\n');
    this.child = fork(host, { execArgv: [] });
  }

  async run({ code }: Program): Promise<number> {
    const file = path.join(this.folder, `program${++this.made}.mjs`);
    writeFileSync(file, `${CLOCK}${code}\nexport const ms = clock() - began;\n`);
    this.child.send(file);
    const [ms] = (await once(this.child, "message")) as [number];
    return ms;
  }

  end(): void {
    this.child.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function runCell(kernel: KernelUnderTest, { code }: Program): Promise<number> {
  return Number(await kernel.value(`${CLOCK}${code}\nclock() - began`));
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

const kernel = new KernelUnderTest();
const modules = new Modules();
try {
  await kernel.client.ready;
  const times = chosen.map(() => ({ cell: [] as number[], module: [] as number[] }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, program] of chosen.entries()) {
      times[i]!.cell.push(await runCell(kernel, program));
      times[i]!.module.push(await modules.run(program));
    }
  }
  console.log(
    `${"medians of " + ROUNDS + " rounds".padEnd(20)}${"cell, ms".padStart(16)}${"module, ms".padStart(12)}${"ratio".padStart(8)}${"of minima".padStart(11)}`,
  );
  const ratios = chosen.map(({ name }, i) => {
    const { cell, module } = times[i]!;
    const ratio = median(cell) / median(module);
    const numbers = [median(cell).toFixed(1).padStart(12), median(module).toFixed(1).padStart(12)];
    const least = Math.min(...cell) / Math.min(...module);
    console.log(`${name.padEnd(36)}${numbers.join("")}${ratio.toFixed(2).padStart(8)}${least.toFixed(2).padStart(11)}`);
    return ratio;
  });
  const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
  console.log(`worst ${Math.max(...ratios).toFixed(2)} (at most 1.5 wanted), geometric mean ${mean.toFixed(2)} (1.2)`);
} finally {
  modules.end();
  await kernel.stop();
}
