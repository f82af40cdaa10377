/**
 * `npm run soak`: a million steps of the tiny net and 5,000 of LeNet, each in one synchronous loop, with what the
 * process holds meanwhile. Exit code 1 when something grows. `--short` takes seconds.
 */
import { writeSync } from "node:fs";
import { enableExperimental } from "../../kernel/wasm/flags.ts";

const args = process.argv.slice(2);
const unknown = args.find((arg) => arg !== "--short");
if (unknown !== undefined) {
  console.error(`soak: unknown option ${unknown}. Options: --short.`);
  process.exit(2);
}

enableExperimental();
// Only now: the first kernels may be compiled when the library is loaded.
const { growth, soak, soaks } = await import("./soak/soak.ts");

const COLUMNS = ["step", "process", "JS heap", "live", "reserved", "steps/s"];
/** At once: inside a synchronous loop console.log may keep what goes to a pipe until the loop ends. */
const print = (text: string) => void writeSync(1, `${text}\n`);
const row = (cells: readonly string[]) => print(cells.map((cell) => cell.padStart(10)).join(""));

for (const { name, workload, steps, short } of soaks) {
  const count = args.includes("--short") ? short : steps;
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
