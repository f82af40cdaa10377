/**
 * Runs the tests in a real VS Code: `node test/vscode/run.ts [--vsix <file>] [--suite <file>] [--grep <text>] [--no-build]`.
 *
 * Without --vsix the extension is loaded from this checkout; with it, the packed extension is installed first and a
 * shorter suite runs. GRADBOOK_VSCODE=download uses a downloaded desktop VS Code in place of the stand-in.
 */
import { downloadAndUnzipVSCode, resolveCliArgsFromVSCodeExecutablePath, runTests } from "@vscode/test-electron";
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { installVSCode } from "../../.ci/vscode.mjs";

const root = resolve(import.meta.dirname, "../..");
const here = import.meta.dirname;

const { values } = parseArgs({
  options: {
    vsix: { type: "string" },
    suite: { type: "string" },
    grep: { type: "string" },
    "no-build": { type: "boolean" },
  },
});
const vsix = values.vsix && resolve(values.vsix);
if (vsix && !existsSync(vsix)) throw new Error(`run.ts: --vsix names ${vsix}, which does not exist.`);

if (!vsix && !values["no-build"]) {
  const built = spawnSync(process.execPath, [join(root, ".ci/build.mjs")], { stdio: "inherit" });
  if (built.status !== 0) process.exit(built.status ?? 1);
}

const cache = join(root, ".cache");
const entry = values.suite ? resolve(values.suite) : join(here, vsix ? "installed.ts" : "suite.ts");
const suite = join(cache, "e2e", basename(entry).replace(/\.ts$/, ".cjs"));
await build({
  absWorkingDir: root,
  entryPoints: [entry],
  outfile: suite,
  bundle: true,
  platform: "node",
  target: "node24",
  format: "cjs",
  sourcemap: "inline",
  logLevel: "warning",
  external: ["vscode", "mocha"],
});
mkdirSync(join(cache, "screenshots"), { recursive: true });

// Notebooks of the tests live in a folder of their own; what they save never touches the checkout.
const temporary = mkdtempSync(join(tmpdir(), "gradbook-e2e-"));
// Its name is in the title of the window, which pictures show.
const workspace = join(temporary, "notebooks");
mkdirSync(workspace);
/** The real images, where this machine has them: the tests say which they used. */
const images = resolve(root, "../shared/data");
const results = join(temporary, "results.jsonl");
const extensions = [...(vsix ? [] : [root]), join(here, "otherKernel")];
let code = 0;
try {
  const executable = await findVSCode();
  // The stand-in is a script: it must find the Node that runs this one.
  process.env.PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
  await runTests({
    ...(executable && { vscodeExecutablePath: executable }),
    extensionDevelopmentPath: extensions,
    extensionTestsPath: suite,
    launchArgs: [workspace, ...(vsix ? [`--install-extension=${vsix}`] : [])],
    extensionTestsEnv: {
      GRADBOOK_E2E_ROOT: root,
      ...(existsSync(join(images, "mnist")) && { GRADBOOK_DATA: images }),
      GRADBOOK_E2E_RESULTS: results,
      GRADBOOK_E2E_GREP: values.grep ?? "",
    },
  });
} catch (error) {
  console.error(String(error));
  code = 1;
}

let passed = 0;
let failed = 0;
if (existsSync(results)) {
  for (const line of readFileSync(results, "utf8").trim().split("\n")) {
    const part = JSON.parse(line) as { passes: number; failures: number };
    passed += part.passes;
    failed += part.failures;
  }
}
if (code !== 0 && failed === 0) failed = 1;
// A part before a reload of the window may have failed, and the last one not.
if (failed > 0 || passed === 0) code = 1;
rmSync(temporary, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
console.log(`${passed} passed, ${failed} failed`);
process.exit(code);

/** The stand-in, or a downloaded desktop VS Code when asked for, or when the stand-in cannot be had. */
async function findVSCode(): Promise<string> {
  if (process.env.GRADBOOK_VSCODE !== "download") {
    try {
      installVSCode();
      return join(here, "code.ts");
    } catch (error) {
      console.error(`${(error as Error).message}\nTrying a desktop VS Code in place of it.`);
    }
  }
  const executable = await downloadAndUnzipVSCode({ cachePath: join(cache, "vscode-desktop") });
  if (vsix) {
    const [command, ...args] = resolveCliArgsFromVSCodeExecutablePath(executable);
    const installed = spawnSync(command!, [...args, "--install-extension", vsix, "--force"], { stdio: "inherit" });
    if (installed.status !== 0) throw new Error(`${vsix} could not be installed into ${executable}.`);
  }
  return executable;
}
