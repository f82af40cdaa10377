// Copies the README's picture from the last run of the tests in VS Code: `node .ci/screenshot.mjs`, after
// `node test/vscode/run.ts`. Look at it before you commit it.
import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./install.mjs";

const taken = join(root, ".cache/screenshots/flagship.png");
if (!existsSync(taken)) {
  console.error(`${taken} is missing. Run "node test/vscode/run.ts" first.`);
  process.exitCode = 1;
} else {
  copyFileSync(taken, join(root, "media/screenshot.png"));
  console.log("media/screenshot.png is the figure's picture of the last run.");
}
