/** By which path a Node should be called that must still be there after the next upgrade. */
import { realpathSync } from "node:fs";
import path from "node:path";
import type { Machine } from "./dataFolders.ts";
import { allOnPath } from "./onPath.ts";

/** Where package managers keep a link to the current version, beside what is on the path. */
const LINKS: readonly ((home: string) => string)[] = [
  () => "/opt/homebrew/bin/node",
  () => "/usr/local/bin/node",
  () => "/usr/bin/node",
  () => "/snap/node/current/bin/node",
  () => "/run/current-system/sw/bin/node",
  (home) => path.join(home, ".nix-profile/bin/node"),
  (home) => path.join(home, ".nvm/current/bin/node"),
  (home) => path.join(home, ".local/share/fnm/aliases/default/bin/node"),
];

/** fnm's folder of one shell, what npm puts on the path for a script, a store by hash. */
const PASSING = /fnm_multishells|node_modules|\/nix\/store\//;
/** A folder named by a version goes with the next one: Cellar/node/24.1.0, versions/node/v22.3.0. */
const VERSIONED = /[\\/](node-?)?v?\d+\.\d+[^\\/]*[\\/]/;

/**
 * Homebrew, nvm, Nix and others put each version in a folder of its own, which is where `process.execPath` points. A link
 * to it that will be moved to the next version is better; of several, the first on the path.
 */
export function stableRuntime(execPath: string, machine: Machine): string {
  const real = realOf(execPath);
  const links = machine.platform === "win32" ? [] : LINKS.map((link) => link(machine.home));
  const same = [...allOnPath("node", machine), ...links].filter((each) => real !== undefined && realOf(each) === real);
  const stable = (file: string): boolean => !PASSING.test(file) && !VERSIONED.test(file);
  return [execPath, ...same].find((file) => stable(file)) ?? execPath;
}

function realOf(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined;
  }
}
