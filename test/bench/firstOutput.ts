// Starts firstOutput.suite.ts inside a real VS Code.
import { spawnSync } from "node:child_process";
import path from "node:path";

const here = import.meta.dirname;
const run = path.join(here, "../vscode/run.ts");
const { status } = spawnSync(process.execPath, [run, "--suite", path.join(here, "firstOutput.suite.ts")], {
  stdio: "inherit",
});
process.exit(status ?? 1);
