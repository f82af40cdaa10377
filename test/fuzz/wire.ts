/**
 * 100,000 random, mutated, forged and nonsensical messages for the sockets of a real kernel. Exit code 1 when it did what it
 * must not.
 *
 *     node test/fuzz/wire.ts [--messages 100000] [--seed 1]
 *
 * A failure names the seed of a message: `--seed <that> --messages 250` sends that one and those behind it.
 */
import { numbersOf } from "./options.ts";
import { fuzzWire, type WireSummary } from "./wireFuzz.ts";

const options = numbersOf({ messages: 100_000, seed: 1 });
const began = performance.now();
const summary = await fuzzWire({
  ...options,
  onProgress: (sofar) => {
    if (sofar.messages % 10_000 === 0 && sofar.messages < options.messages) print(sofar);
  },
});
print(summary);
for (const failure of summary.failures) console.log(`\nFAILED ${failure}`);
process.exit(summary.failures.length > 0 ? 1 : 0);

function print({ messages, answered, due, logLines, memory, failures, kinds }: WireSummary): void {
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  console.log(
    `${messages} messages in ${seconds} s: ${due} requests with one reply each, ${answered} good requests in between were answered, ` +
      `${logLines} lines in the log, ${mb(memory.before)} at first, ${mb(memory.after)} now, ${failures.length} failures`,
  );
  if (messages === options.messages) {
    console.log(
      `  ${Object.entries(kinds)
        .map(([kind, count]) => `${kind} ${count}`)
        .join(", ")}`,
    );
  }
}
