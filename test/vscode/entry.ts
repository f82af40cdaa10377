/**
 * The entry that VS Code calls in its extension host: runs the registered tests with mocha, and leaves the numbers and
 * the fact that it ended in files, since a crashed extension host is reported as a success.
 */
import Mocha from "mocha";
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "node:util";
import { TEST_OUTPUT } from "./mark.ts";
import { pageDriver, perform } from "./page.ts";

/** A part of the suite: its title and what registers its tests. After each part but the last, the window is reloaded. */
export type Part = () => void;

export function createRun(parts: Part[]): () => Promise<void> {
  return async () => {
    const { GRADBOOK_E2E_RESULTS: results, GRADBOOK_E2E_GREP: grep } = process.env;
    const done = (index: number) => pageDriver && join(pageDriver, `part-${index}.done`);
    // Parts that ran before the window was reloaded have left their file.
    let index = 0;
    while (done(index) && existsSync(done(index)!)) index++;

    if (pageDriver) Mocha.reporters.Base.consoleLog = (...parts) => console.log(TEST_OUTPUT + format(...parts));
    const mocha = new Mocha({ ui: "bdd", timeout: 300_000, color: false, reporter: "spec", ...(grep && { grep }) });
    mocha.suite.emit("pre-require", globalThis as never, "", mocha);
    parts[index]!();
    const stats = await new Promise<Mocha.Stats>((resolve) => {
      const runner = mocha.run(() => resolve(runner.stats!));
    });
    if (results) appendFileSync(results, JSON.stringify({ passes: stats.passes, failures: stats.failures }) + "\n");

    const last = index === parts.length - 1 || !pageDriver;
    if (!last) {
      writeFileSync(done(index)!, "");
      // The reload ends this extension host; the next one starts with the next part.
      await perform("reload", {});
      await new Promise(() => {});
    }
    if (pageDriver) writeFileSync(join(pageDriver, "result.json"), JSON.stringify(stats));
    if (stats.failures > 0) throw new Error(`${stats.failures} tests failed`);
  };
}
