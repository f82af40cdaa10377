// `npm test`: everything that CI runs, from nothing. Installs, builds, then runs each suite below, and ends with the
// line `N passed, N failed`. Runs on Node 20 before anything is installed, so it needs no package itself.
//
//   node .ci/test.mjs [suite …]      only these suites; their names stand in the table below
//
// A suite for which something cannot be had on this machine is named as NOT RUN; with GRADBOOK_REQUIRE_ALL=1 (as
// .ci/run sets it) that is a failure.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { environment, install, node, root } from "./install.mjs";

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const bin = (name) => [node, join(root, "node_modules", name)];
const npmRun = (script) => ["npm", "run", "--silent", script];
const chromium = async () => (await import("./chromium.mjs")).findChromium();
const vscode = async () => {
  await chromium();
  (await import("./vscode.mjs")).installVSCode();
};
const jupyter = async () => {
  // JupyterLab runs in it.
  await chromium();
  (await import("./jupyter.mjs")).installJupyter();
};

/**
 * Suites in the order they run. `counts: false`: a program that only succeeds or fails, and counts as one test.
 * `after`: suites without which this one makes no sense. `needs` throws when something cannot be had here.
 */
const suites = [
  { name: "build", command: npmRun("build"), counts: false },
  { name: "types", command: [...bin("typescript/bin/tsc"), "-b"], counts: false },
  { name: "lint", command: [...bin("oxlint/bin/oxlint")], counts: false },
  { name: "format", command: [...bin("prettier/bin/prettier.cjs"), "--check", "."], counts: false },
  { name: "unused", command: [...bin("knip/bin/knip.js")], counts: false },
  { name: "unit", command: npmRun("test:unit") },
  { name: "kernel", command: npmRun("test:kernel") },
  { name: "renderer", command: npmRun("test:renderer"), needs: chromium },
  { name: "jupyter", command: npmRun("test:jupyter"), after: ["build"], needs: jupyter },
  { name: "vscode", command: [node, "test/vscode/run.ts", "--no-build"], after: ["build"], needs: vscode },
  {
    name: "start",
    command: [...bin("mocha/bin/mocha.js"), "test/vscode/*.mocha.ts"],
    after: ["build"],
    needs: vscode,
  },
  { name: "package", command: npmRun("package"), after: ["build"], counts: false },
  { name: "packed", command: npmRun("test:packed"), after: ["package"] },
  {
    name: "vsix",
    command: [node, "test/vscode/run.ts", "--vsix", `gradbook-${version}.vsix`],
    after: ["package"],
    needs: vscode,
  },
];

/** Passed and failed as the tests printed them: ours at the end, or the sum of mocha's own lines. */
export function count(output) {
  const text = output.replace(/\u001b\[[0-9;]*m/g, "");
  const ours = [...text.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  if (ours) return { passed: Number(ours[1]), failed: Number(ours[2]) };
  const sum = (word) =>
    [...text.matchAll(new RegExp(`^\\s*(\\d+) ${word}\\b`, "gm"))].reduce((n, [, k]) => n + Number(k), 0);
  return { passed: sum("passing"), failed: sum("failing") };
}

/** What a suite adds to the total. A suite that ends badly has failed, whatever it printed; so has one without a test. */
export function judge({ code, output, counts = true }) {
  if (!counts) return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  const { passed, failed } = count(output);
  if (failed === 0 && code !== 0) return { passed, failed: 1, remark: `ended with ${code}` };
  // mocha only warns of a pattern that matches nothing, and runs the rest.
  const missed = /Cannot find any files matching pattern .*/.exec(output);
  if (missed) return { passed, failed: failed + 1, remark: missed[0] };
  if (passed + failed === 0) return { passed: 0, failed: 1, remark: "ran no test" };
  return { passed, failed };
}

/**
 * What failed, shortly: of each of mocha's failures its title and the first lines of its message; of a program that
 * has none, its last lines. A log that somebody keeps only the end of still says what to look at.
 */
export function failures(output, lines = 8) {
  const text = output.replace(/\u001b\[[0-9;]*m/g, "");
  const filled = (part) => part.split("\n").filter((line) => line.trim() !== "");
  const found = text
    .split(/^ +\d+ failing\b.*$/m)
    .slice(1)
    .flatMap((list) => list.split(/^ {2}\d+\) /m).slice(1))
    .map((failure) => {
      const title = /^[^]*?:$/m.exec(failure)?.[0] ?? "";
      const message = filled(failure.slice(title.length)).filter((line) => !/^\s+at /.test(line));
      return [title.trim().replace(/\s*\n\s*/g, " › "), ...message.slice(0, lines)].join("\n");
    });
  return found.length > 0 ? found : [filled(text).slice(-lines).join("\n")];
}

/** Runs a program, shows what it prints as it comes, and gives it back. Its own total line is kept for the summary. */
function run([command, ...args]) {
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...environment, ...(process.stdout.isTTY && { FORCE_COLOR: "1" }) },
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    let output = "";
    for (const stream of ["stdout", "stderr"]) {
      let rest = "";
      const show = (text) => process[stream].write(text.replace(/^\d+ passed, \d+ failed\r?\n/gm, ""));
      child[stream].setEncoding("utf8").on("data", (text) => {
        output += text;
        const end = (rest + text).lastIndexOf("\n") + 1;
        show((rest + text).slice(0, end));
        rest = (rest + text).slice(end);
      });
      child[stream].on("end", () => rest && show(rest + "\n"));
    }
    child.on("error", (error) => done({ code: error.message, output }));
    child.on("close", (code, signal) => done({ code: signal ?? code, output }));
  });
}

async function main(names) {
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    console.error(
      `npm test: unknown suite ${unknown.join(", ")}. Suites: ${suites.map(({ name }) => name).join(", ")}.`,
    );
    return 2;
  }
  install();
  const requireAll = process.env.GRADBOOK_REQUIRE_ALL === "1";
  const total = { passed: 0, failed: 0 };
  const summary = [];
  const told = [];
  const bad = new Set();
  for (const { name, command, counts, after = [], needs } of suites) {
    if (names.length > 0 && !names.includes(name)) continue;
    const notRun = (reason) => {
      bad.add(name);
      if (requireAll) total.failed++;
      summary.push(`NOT RUN  ${name}: ${reason}`);
      console.log(`\n!!! ${summary.at(-1)}`);
    };
    console.log(`\n=== ${name}`);
    const broken = after.find((other) => bad.has(other));
    if (broken) {
      notRun(`${broken} failed`);
      continue;
    }
    try {
      await needs?.();
    } catch (error) {
      notRun(error.message);
      continue;
    }
    const started = performance.now();
    const result = await run(command);
    const { passed, failed, remark } = judge({ ...result, counts });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    total.passed += passed;
    total.failed += failed;
    if (failed > 0) {
      bad.add(name);
      told.push(...failures(result.output).map((failure) => `${name}: ${failure}`));
    }
    summary.push(
      `${failed > 0 ? "FAILED " : "ok     "}  ${name}: ${passed} passed, ${failed} failed, ${seconds} s${remark ? ` (${remark})` : ""}`,
    );
  }
  const again = told.length > 0 ? `\nWhat failed:\n\n${told.join("\n\n")}\n` : "";
  console.log(`${again}\n${summary.join("\n")}\n\n${total.passed} passed, ${total.failed} failed`);
  return total.failed > 0 ? 1 : 0;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await main(process.argv.slice(2)).catch((error) => {
    console.error(error.message);
    console.log("\n0 passed, 1 failed");
    return 1;
  });
}
