/** A client of its own process, to be killed: starts a kernel and programs, prints their ids, runs the given code. */
import { KernelUnderTest } from "./kernelUnderTest.ts";
import { startPrograms } from "./programs.ts";

const [runtime, code] = process.argv.slice(2);
const kernel = new KernelUnderTest({ runtime: runtime! });
const { value } = await kernel.run(`${startPrograms} JSON.stringify(pids)`);
const pids = JSON.parse(value!.slice(1, -1)) as number[];
const cell = kernel.start(`console.log("go"); ${code}`);
await cell.printed("go");
console.log(JSON.stringify([kernel.client.pid, ...pids]));
