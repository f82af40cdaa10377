/**
 * How long a user waits for the first output of `1 + 1` in a cold notebook: from the key press to the text in the
 * window. "Cold" is the worst case: the notebook was opened this instant, and the kernel starts with the key press or
 * just before it. Run by `npm run bench`; prints, asserts nothing.
 */
import * as vscode from "vscode";
import { createRun } from "../vscode/entry.ts";
import { closeAll, openNew, textOf, until } from "../vscode/notebooks.ts";
import { TEST_OUTPUT } from "../vscode/mark.ts";
import { pageDriver, press } from "../vscode/page.ts";

const ROUNDS = 7;

export const run = createRun([
  () => {
    it("first output of 1 + 1 in a cold notebook", async () => {
      const atOnce: number[] = [];
      const opened: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        atOnce.push(await measure(`at-once-${round}.ipynb`, 0));
        opened.push(await measure(`opened-${round}.ipynb`, 3000));
      }
      print("first output of 1 + 1 after Shift+Enter, ms");
      print(`  pressed as soon as the notebook is open:  ${summary(atOnce)}`);
      print(`  pressed three seconds later:              ${summary(opened)}`);
    }).timeout(300_000);
  },
]);

async function measure(name: string, waitMs: number): Promise<number> {
  const notebook = await openNew(name, ["1 + 1"]);
  await vscode.commands.executeCommand("notebook.focusTop");
  await new Promise((resolve) => setTimeout(resolve, waitMs));
  const began = performance.now();
  await press("Shift+Enter");
  await until("the output", () => textOf(notebook.cellAt(0)) === "2");
  const took = performance.now() - began;
  await closeAll();
  return took;
}

function summary(times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const median = sorted[sorted.length >> 1]!;
  return `median ${median.toFixed(0)}, smallest ${sorted[0]!.toFixed(0)}, largest ${sorted.at(-1)!.toFixed(0)}`;
}

/** Past the extension host's console, to whoever started the benchmark. */
function print(text: string): void {
  console.log(pageDriver ? TEST_OUTPUT + text : text);
}
