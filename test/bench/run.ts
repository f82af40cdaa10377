/**
 * `npm run bench`: what the monitor costs, the wait for a first output and for the editor, the engine beside its peers. With a name first,
 * only that one; what follows goes to the benchmark of the engine.
 */
import { spawnSync } from "node:child_process";
import path from "node:path";

const benchmarks = ["monitor", "firstOutput", "language", "engine"];

const [first = "", ...others] = process.argv.slice(2);
const only = benchmarks.includes(first) ? first : undefined;
if (only === undefined && first !== "" && !first.startsWith("--")) {
  console.error(`bench: there is no benchmark "${first}". Benchmarks: ${benchmarks.join(", ")}.`);
  process.exit(2);
}
for (const name of only === undefined ? benchmarks : [only]) {
  const options = name !== "engine" ? [] : only === undefined ? process.argv.slice(2) : others;
  console.error(`\n=== ${name}`);
  const { status } = spawnSync(process.execPath, [path.join(import.meta.dirname, `${name}.ts`), ...options], {
    stdio: "inherit",
  });
  // The others are run all the same: a machine without a browser can still measure the engine.
  if (status !== 0) process.exitCode = status ?? 1;
}
