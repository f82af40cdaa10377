/**
 * `npm run soak`: a million steps of the tiny net and 5,000 of LeNet, each in one synchronous loop, with what the
 * process holds meanwhile; 10,000 cells in one kernel, with what its worker holds; 200 interrupts in a row. Exit code 1
 * when something grows or breaks. `--short` takes a minute; `--cells` leaves the loops out.
 */
import { writeSync } from "node:fs";
import { enableExperimental } from "../../kernel/wasm/flags.ts";
import { interruptMany } from "../kernel/interruptMany.ts";
import { runtimes } from "../kernel/runtimes.ts";
import { growing, soakCells } from "./soak/cells.ts";

const args = process.argv.slice(2);
const unknown = args.find((arg) => arg !== "--short" && arg !== "--cells");
if (unknown !== undefined) {
  console.error(`soak: unknown option ${unknown}. Options: --short, --cells.`);
  process.exit(2);
}

enableExperimental();
// Only now: the first kernels may be compiled when the library is loaded.
const { growth, soak, soaks } = await import("./soak/soak.ts");
const short = args.includes("--short");

const COLUMNS = ["step", "process", "JS heap", "live", "reserved", "steps/s"];
/** At once: inside a synchronous loop console.log may keep what goes to a pipe until the loop ends. */
const print = (text: string) => void writeSync(1, `${text}\n`);
const row = (cells: readonly string[]) => print(cells.map((cell) => cell.padStart(10)).join(""));

for (const { name, workload, steps, short: few } of args.includes("--cells") ? [] : soaks) {
  const count = short ? few : steps;
  print(
    `\n${name}: ${count.toLocaleString("en-US")} steps in one loop; the largest sizes since the line before, in MB`,
  );
  row(COLUMNS);
  const soaked = soak(workload(), count, ({ step, process, heap, live, reserved, stepsPerSecond }) => {
    const sizes = [process, heap, live, reserved].map((bytes) => (bytes / 2 ** 20).toFixed(1));
    row([String(step), ...sizes, stepsPerSecond.toFixed(stepsPerSecond < 100 ? 1 : 0)]);
  });
  for (const [what, percent] of Object.entries(growth(soaked))) {
    print(`${what}: ${percent === 0 ? "flat" : `grows by ${percent.toFixed(1)} %`}`);
    if (percent > 0) process.exitCode = 1;
  }
}

const cells = short ? 400 : 10_000;
print(`\n${cells.toLocaleString("en-US")} cells in one kernel, interrupts among them; sizes in MB after a collection`);
row(["cells", "heap", "external", "buffers", "process", "listeners", "contexts", "handles"]);
const inMB = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
const looks = await soakCells(cells, {
  onLook: ({ executions, heap, external, arrayBuffers, rss, ...counts }) =>
    row([String(executions), ...[heap, external, arrayBuffers, rss].map(inMB), ...Object.values(counts).map(String)]),
});
const grown = growing(looks);
print(grown.length === 0 ? "flat" : `grows: ${grown.join(", ")}`);
if (grown.length > 0) process.exitCode = 1;

for (const { name, runtime } of runtimes) {
  const interrupts = short ? 24 : 200;
  print(`\n${interrupts} interrupts in a row on ${name}`);
  const began = performance.now();
  await interruptMany(runtime, interrupts);
  print(`all stopped, variables kept: ${((performance.now() - began) / 1000).toFixed(0)} s`);
}
