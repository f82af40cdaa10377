// `npm start`: on a fresh clone installs, builds, and opens a VS Code with this extension on a copy of the example
// notebooks. A desktop VS Code (`code`) if there is one, otherwise VS Code's web server on this machine, whose address
// it prints.
//
//   npm start [-- --web]      --web: the web server, also where there is a desktop VS Code
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { environment, install, node, root } from "./install.mjs";

const FIRST = "01-optimizers-on-mnist.ipynb";
/** The lowest version that the extension runs in, from package.json. */
const FLOOR = /(\d+)\.(\d+)/
  .exec(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).engines.vscode)
  .slice(1)
  .map(Number);

/**
 * Copies the notebooks of `from` to `to`, so that running them does not change the checkout. A copy that the user has
 * worked in is kept; one that nobody touched follows its original.
 */
export function copyNotebooks(from, to) {
  mkdirSync(to, { recursive: true });
  const listFile = `${to}.json`;
  const copied = existsSync(listFile) ? JSON.parse(readFileSync(listFile, "utf8")) : {};
  const hash = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");
  for (const name of readdirSync(from).filter((file) => file.endsWith(".ipynb"))) {
    const [original, copy] = [join(from, name), join(to, name)];
    if (existsSync(copy) && hash(copy) !== copied[name]) continue;
    writeFileSync(copy, readFileSync(original));
    copied[name] = hash(original);
  }
  writeFileSync(listFile, JSON.stringify(copied));
}

/** Whether the command `code` opens a desktop VS Code that is new enough. */
function desktopCode() {
  const windows = process.platform === "win32";
  const screen = windows || process.platform === "darwin" || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  // In a terminal of a remote window `code` talks to that window, which cannot load an extension from a folder.
  if (!screen || process.env.VSCODE_IPC_HOOK_CLI) return false;
  const { status, stdout } = spawnSync("code", ["--version"], { encoding: "utf8", shell: windows });
  if (status !== 0) return false;
  const [major, minor] = stdout.split(".").map(Number);
  const enough = major > FLOOR[0] || (major === FLOOR[0] && minor >= FLOOR[1]);
  if (!enough) console.log(`The command "code" is VS Code ${major}.${minor}; Gradbook needs ${FLOOR.join(".")}.`);
  return enough;
}

async function main(options) {
  const unknown = options.find((option) => option !== "--web");
  if (unknown !== undefined) {
    console.error(`npm start: unknown option ${unknown}. Options: --web.`);
    return 2;
  }
  install();
  const built = spawnSync(node, [join(root, ".ci/build.mjs")], { cwd: root, stdio: "inherit", env: environment });
  if (built.status !== 0) return built.status ?? 1;
  const folder = join(root, ".cache/notebooks");
  copyNotebooks(join(root, "media/notebooks"), folder);

  if (!options.includes("--web") && desktopCode()) {
    console.log(`Opening VS Code on a copy of the notebooks, ${folder}`);
    const args = ["--new-window", `--extensionDevelopmentPath=${root}`, folder, join(folder, FIRST)];
    return spawnSync("code", args, { stdio: "inherit", shell: process.platform === "win32" }).status ?? 1;
  }
  const { serve } = await import("./vscode.mjs");
  await serve({ folder, open: join(folder, FIRST) });
  return 0;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await main(process.argv.slice(2)).catch((error) => {
    console.error(error.message);
    return 1;
  });
}
