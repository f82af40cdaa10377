/**
 * `npm run fuzz cells`: 10,000 random and mutated cells for a real kernel. Exit code 1 when one did what none may.
 *
 *     node test/fuzz/cells.ts [--cells 10000] [--seed 1]
 *
 * A failure prints its seed and the smallest cell that does it: `--seed <that> --cells 1` runs it again.
 */
import { cellOf, fuzz, minimise, type Summary } from "./fuzz.ts";
import { numbersOf } from "./options.ts";

const options = numbersOf({ cells: 10_000, seed: 1 });

const began = performance.now();
let printed = 0;
const { failures, ...summary } = await fuzz({ ...options, onProgress });
for (const { seed, kind, code, what } of failures) {
  console.log(`\nFAILED --seed ${seed} (${kind}): ${what}`);
  const smaller = kind === "batch" ? undefined : await minimise(cellOf(seed), what);
  console.log(smaller === undefined ? `not by this cell alone:\n${code.slice(0, 4000)}` : `smallest cell:\n${smaller}`);
}
print({ ...summary, failures });
process.exitCode = failures.length > 0 ? 1 : 0;

function onProgress(sofar: Summary): void {
  for (const { seed, kind, what } of sofar.failures.slice(printed))
    console.log(`  --seed ${seed} (${kind}): ${what.split("\n")[0]}`);
  printed = sofar.failures.length;
  if (sofar.cells % 1000 === 0) print(sofar);
}

function print({ cells, kinds, ok, errors, interrupted, lost, restarted, failures: { length } }: Summary): void {
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(
    `${cells} cells in ${seconds} s: ${ok} ended well, ${errors} in an error, ${interrupted} were interrupted, ` +
      `${lost} sessions were lost and said so, ${restarted} were broken on purpose and restarted, ${length} failures`,
  );
  console.log(
    `  ${Object.entries(kinds)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(", ")}`,
  );
}
