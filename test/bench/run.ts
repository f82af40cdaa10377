/**
 * `npm run bench`: what the monitor costs, the wait for a first output and for the editor, loops in cells beside modules, our
 * kernel beside ipykernel, the engine beside its peers. With a name first, only that one; what follows goes to that benchmark, otherwise to the engine's.
 */
import { spawnSync } from "node:child_process";
import path from "node:path";

const benchmarks = ["monitor", "firstOutput", "language", "loops", "jupyter", "engine"];

const [first = "", ...others] = process.argv.slice(2);
const only = benchmarks.includes(first) ? first : undefined;
if (only === undefined && first !== "" && !first.startsWith("--")) {
  console.error(`bench: there is no benchmark "${first}". Benchmarks: ${benchmarks.join(", ")}.`);
  process.exit(2);
}
for (const name of only === undefined ? benchmarks : [only]) {
  const options = only !== undefined ? others : name === "engine" ? process.argv.slice(2) : [];
  console.error(`\n=== ${name}`);
  const { status } = spawnSync(process.execPath, [path.join(import.meta.dirname, `${name}.ts`), ...options], {
    stdio: "inherit",
  });
  // The others are run all the same: a machine without a browser can still measure the engine.
  if (status !== 0) process.exitCode = status ?? 1;
}
