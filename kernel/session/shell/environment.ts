/** What a command inherits: the cell's environment without what is only for VS Code or for this kernel's own Node. */
import path from "node:path";

interface Surroundings {
  /** The notebook's folder. */
  folder: string;
  /** The program that runs the kernel. */
  execPath: string;
  platform: NodeJS.Platform;
}

/** What npm tells the programs that it starts, as it may have started the kernel, and must not tell an npm below. */
const OF_NPM =
  /^npm_(?:lifecycle|package|config_(?:local|global)_prefix|config_prefix|command|execpath|node_execpath)|^INIT_CWD$/i;

export function commandEnvironment(
  env: NodeJS.ProcessEnv,
  { folder, execPath, platform }: Surroundings,
): NodeJS.ProcessEnv {
  // `npm run --silent` would silence every npm below it.
  const belowNpm = Object.keys(env).some((name) => /^npm_lifecycle_event$/i.test(name));
  const ofNpm = (name: string): boolean => OF_NPM.test(name) || (belowNpm && /^npm_config_loglevel$/i.test(name));
  const { join, dirname, basename, delimiter } = platform === "win32" ? path.win32 : path.posix;
  const out: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(env)) {
    const dropped = /^(?:VSCODE_|ELECTRON_)/i.test(name) || /^NODE_OPTIONS$/i.test(name) || ofNpm(name);
    if (!dropped) out[name] = value;
  }
  const first: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    if (basename(at) !== "node_modules") first.push(join(at, "node_modules", ".bin"));
    if (at === dirname(at)) break;
  }
  // The Node that runs the cells, and the npm beside it: what it installs fits. VS Code's own runtime is no Node.
  if (/^node(?:\.exe)?$/i.test(basename(execPath))) first.push(dirname(execPath));
  const key = Object.keys(out).find((name) => name.toUpperCase() === "PATH") ?? "PATH";
  out[key] = [...first, ...(out[key] ? [out[key]] : [])].join(delimiter);
  return out;
}
