/**
 * Stands in the folder of a kernelspec and starts the kernel: the one that was installed, or another one that is found when
 * that is gone. A file of its own, which needs nothing beside it and also starts on a Node that is too old.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const say = (text: string): void => void process.stderr.write(`gradbook: ${text}\n`);
/** An old Node has no import.meta.dirname. */
const here = dirname(fileURLToPath(import.meta.url));
const CLI = "dist/kernel/cli.js";

/** The command line's file that `kernel.json` names; relative to its folder when the kernel lies there. */
function recorded(): string | undefined {
  try {
    const spec = JSON.parse(readFileSync(join(here, "kernel.json"), "utf8")) as {
      metadata?: { gradbook?: { cli?: string } };
    };
    const cli = spec.metadata?.gradbook?.cli;
    return cli === undefined ? undefined : resolve(here, cli);
  } catch (error) {
    say(`${join(here, "kernel.json")} cannot be read (${(error as Error).message}).`);
    return undefined;
  }
}

/** Folders that may hold the package `gradbook`, in the order in which they are looked at. */
function* otherwise(): Generator<string> {
  // The notebook's own.
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    yield join(folder, "node_modules");
    if (folder === dirname(folder)) break;
  }
  // npm's global ones: of this Node, of the folder that npm was told, and of whatever the command belongs to.
  const windows = process.platform === "win32";
  const globalOf = (prefix: string): string => join(prefix, windows ? "node_modules" : "lib/node_modules");
  yield globalOf(windows ? dirname(process.execPath) : dirname(dirname(process.execPath)));
  const { NPM_CONFIG_PREFIX: prefix = process.env["npm_config_prefix"], APPDATA: appData } = process.env;
  if (prefix) yield globalOf(prefix);
  if (windows && appData) yield globalOf(join(appData, "npm"));
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const command = join(folder, "gradbook");
    // node_modules/gradbook/dist/kernel/cli.js
    if (folder !== "" && existsSync(command)) yield resolve(realpathSync(command), "../../../..");
    if (folder !== "") yield globalOf(dirname(folder));
  }
  for (const usual of windows ? [] : ["/usr/local", "/usr", "/opt/homebrew", join(homedir(), ".npm-global")]) {
    yield globalOf(usual);
  }
  // What npx has fetched, the newest first.
  const cache = process.env["npm_config_cache"] ?? join(homedir(), ".npm");
  const fetched = [join(cache, "_npx"), join(process.env["LOCALAPPDATA"] ?? cache, "npm-cache/_npx")].flatMap((npx) =>
    existsSync(npx) ? readdirSync(npx).map((each) => join(npx, each, "node_modules")) : [],
  );
  const time = (folder: string): number => statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  yield* fetched.sort((a, b) => time(b) - time(a));
}

function find(): string | undefined {
  const first = recorded();
  if (first !== undefined && existsSync(first)) return first;
  for (const folder of otherwise()) {
    const cli = join(folder, "gradbook", CLI);
    if (!existsSync(cli)) continue;
    say(`${first ?? "the kernel"} is gone; starting ${cli}. To keep to that one: node "${cli}" jupyter install`);
    return cli;
  }
  say(
    `the kernel is gone: ${first ?? "kernel.json names none"}. Install it again, for example by "npm install -g gradbook" ` +
      `and "gradbook jupyter install"; this is the kernelspec ${here}.`,
  );
  return undefined;
}

const cli = find();
if (cli === undefined) process.exitCode = 1;
else {
  const [node = "node", , ...files] = process.argv;
  process.argv = [node, cli, "jupyter", "kernel", ...files];
  await import(pathToFileURL(cli).href);
}
