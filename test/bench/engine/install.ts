/**
 * Fetches the peers that no machine has: PyTorch 2 into a virtual environment and TensorFlow.js into a folder, both
 * under `.cache/peers/`, with the package managers as they are configured here. Never a dependency of ours.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

export const versions = { torch2: "2.15.0", tfjs: "4.22.0" };

const cache = path.resolve(import.meta.dirname, "../../../.cache/peers");

/**
 * The Python that has PyTorch 2: the one that GRADBOOK_BENCH_TORCH2 names, or that of our virtual environment. On Linux
 * the wheel that pip offers brings CUDA along (2 GB to download, 6 GB unpacked); the benchmark hides every GPU from it.
 */
export function installTorch2(): string {
  const named = process.env["GRADBOOK_BENCH_TORCH2"];
  if (named) return named;
  const folder = path.join(cache, `torch-${versions.torch2}`);
  const windows = process.platform === "win32";
  const python = path.join(folder, windows ? "Scripts/python.exe" : "bin/python");
  install(folder, `PyTorch ${versions.torch2}`, () => {
    run([process.env["GRADBOOK_BENCH_PYTHON"] ?? (windows ? "python" : "python3"), "-m", "venv", folder], cache);
    run([python, "-m", "pip", "install", "--no-cache-dir", `torch==${versions.torch2}`], folder);
  });
  return python;
}

/** The folder in whose node_modules TensorFlow.js and its wasm backend are. */
export function installTfjs(): string {
  const folder = path.join(cache, `tfjs-${versions.tfjs}`);
  install(folder, `TensorFlow.js ${versions.tfjs}`, () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, "package.json"), '{ "private": true }\n');
    const packages = ["tfjs", "tfjs-backend-wasm"].map((name) => `@tensorflow/${name}@${versions.tfjs}`);
    run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", ...packages], folder);
  });
  return folder;
}

/** Runs `steps` unless they have once come to their end in `folder`; what was left half-way is made anew. */
function install(folder: string, what: string, steps: () => void): void {
  const stamp = path.join(folder, "installed");
  if (existsSync(stamp)) return;
  console.error(`Installing ${what} into ${folder} …`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  steps();
  writeFileSync(stamp, "");
}

function run([command, ...args]: readonly string[], cwd: string): void {
  const { status, error } = spawnSync(command!, args, {
    cwd,
    // What it says goes to standard error: the table alone is on standard output.
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (status === 0) return;
  throw new Error(`\`${[command, ...args].join(" ")}\` failed: ${error?.message ?? `exit ${status}`}`);
}
