// A Python with Jupyter's own clients, for the tests that talk to the kernel as a front end does. Made once, in .cache/,
// from test/jupyter/requirements.txt; another set of requirements or another Python makes another one.
//
//   node .ci/jupyter.mjs     makes it (nothing to do the second time) and prints the path of its python
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const requirements = join(root, "test/jupyter/requirements.txt");
/** ipykernel and IPython of the requirements run on no earlier one. */
const OLDEST = [3, 11];
const PREFIX = "jupyter-";
/** An environment that another process has been making for longer than this was left behind. */
const ABANDONED_MS = 15 * 60_000;

/**
 * A Python for the environment: $GRADBOOK_TEST_PYTHON, else the first on the path that is new enough and can make
 * environments. Throws, with what was looked at and what to do, when there is none.
 */
function findPython() {
  const named = process.env.GRADBOOK_TEST_PYTHON;
  const looked = [];
  for (const command of named
    ? [named]
    : ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11"]) {
    const code = "import sys, venv, ensurepip; print(sys.executable, *sys.version_info[:3], sep='\\n')";
    const { status, stdout, stderr, error } = spawnSync(command, ["-c", code], { encoding: "utf8" });
    if (status !== 0) {
      looked.push(`${command}: ${error?.code ?? stderr.trim().split("\n").at(-1)}`);
      continue;
    }
    const [path, major, minor, patch] = stdout.trim().split(/\r?\n/);
    const version = `${major}.${minor}.${patch}`;
    if (Number(major) === OLDEST[0] && Number(minor) >= OLDEST[1]) return { path, version };
    looked.push(`${command}: Python ${version}`);
  }
  throw new Error(
    `No Python ${OLDEST.join(".")} or later with venv and ensurepip (${looked.join("; ")}). Install one ` +
      `(Debian: apt-get install python3-venv), or set GRADBOOK_TEST_PYTHON to the path of one.`,
  );
}

/** Makes the environment unless it is there, and returns the path of its python. Throws when it cannot be made. */
export function installJupyter({ log = console.error } = {}) {
  const wanted = readFileSync(requirements, "utf8");
  const base = findPython();
  const hash = createHash("sha256")
    .update(JSON.stringify([wanted, base, process.arch]))
    .digest("hex")
    .slice(0, 12);
  const folder = join(root, ".cache", PREFIX + hash);
  const scripts = join(folder, process.platform === "win32" ? "Scripts" : "bin");
  const python = join(scripts, process.platform === "win32" ? "python.exe" : "python");
  // Written last: an environment without it is only half there.
  const stamp = join(folder, "requirements.txt");
  const lock = `${folder}.lock`;
  const isWhole = () => existsSync(python) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
  if (isWhole()) return python;

  mkdirSync(join(root, ".cache"), { recursive: true });
  takeLock(lock);
  try {
    if (isWhole()) return python;
    log(
      `Installing Jupyter's clients for the tests into .cache/${PREFIX + hash} (Python ${base.version}); a minute, once.`,
    );
    for (const name of readdirSync(join(root, ".cache"))) {
      if (name.startsWith(PREFIX) && !name.endsWith(".lock")) remove(join(root, ".cache", name));
    }
    run(base.path, ["-m", "venv", folder]);
    run(python, ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-r", requirements]);
    writeFileSync(stamp, wanted);
    return python;
  } catch (error) {
    remove(folder);
    throw new Error(
      `Jupyter's clients could not be installed: ${error.message}\nThey come from pip's index (${base.path} -m pip config list).`,
    );
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** Waits for another process that is at it, as long as that is likely to be alive. */
function takeLock(lock) {
  for (;;) {
    try {
      mkdirSync(lock);
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > ABANDONED_MS) rmSync(lock, { recursive: true, force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  }
}

function remove(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** Throws with the end of what the program printed when it fails. */
function run(command, args) {
  // Settings of a conda or of another environment must not reach this one.
  const { PYTHONHOME: _home, PYTHONPATH: _path, VIRTUAL_ENV: _environment, ...env } = process.env;
  const { status, stdout, stderr, error } = spawnSync(command, args, { env, encoding: "utf8", maxBuffer: 1 << 26 });
  if (status === 0) return;
  const printed = `${stdout ?? ""}${stderr ?? ""}`.trim().split("\n").slice(-12).join("\n");
  throw new Error(`"${command} ${args.join(" ")}" failed (${error?.message ?? `exit ${status}`}).\n${printed}`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    console.log(installJupyter());
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
