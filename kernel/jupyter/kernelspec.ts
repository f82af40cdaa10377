/**
 * The kernel as Jupyter front ends find it: a folder `kernels/<name>` with `kernel.json`, pictures, and what starts it.
 *
 * Source: jupyter_client, docs/kernels.rst, "Kernel specs"; `supported_encryption`: jupyter_client 8.9.
 */
import { chmod, copyFile, lstat, mkdir, readdir, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { DEBUGGER } from "../protocol/features.ts";
import { copyPackage, type Package } from "./package.ts";
import { shellScript } from "./shellScript.ts";

export const DEFAULT_NAME = "gradbook";
/** Front ends compare names in lower case, and read them as parts of addresses. */
const NAME = /^[a-z0-9_-][a-z0-9._-]*$/;
/** Every one that a front end looks for. */
export const LOGOS = ["logo-32x32.png", "logo-64x64.png", "logo-svg.svg"] as const;
/** Where a copy of the package lies in the kernelspec's folder. */
const COPY = "package";

export interface KernelspecSources {
  package: Package;
  /** Whether the kernelspec gets a copy of the package, because the package itself will not stay. */
  copy: boolean;
  /** Path of the Node that runs the kernel. */
  runtime: string;
  /** Flags that every supported Node needs on its command line, and knows. */
  flags: readonly string[];
  platform: NodeJS.Platform;
  /** Whether zeromq was built with CurveZMQ. */
  curve: boolean;
  /** `start.ts`, or what it was built to. */
  startPath: string;
  logos: { [name in (typeof LOGOS)[number]]: string };
}

export interface Kernelspec {
  argv: string[];
  display_name: string;
  language: string;
  interrupt_mode: "message" | "signal";
  env?: { [name: string]: string };
  metadata: {
    debugger?: boolean;
    supported_encryption?: string[];
    /** By this it is known as ours. `cli`: the command line's file, absolute or from the kernelspec's folder. */
    gradbook?: { version: string; cli: string; node: string };
  };
}

/** What `kernel.json` says in `folder`. */
export function kernelspec(folder: string, name: string, sources: KernelspecSources): Kernelspec {
  const { package: installed, copy, runtime, flags, platform, curve } = sources;
  const paths = platform === "win32" ? path.win32 : path.posix;
  const start = startName(sources);
  const cli = copy
    ? path.join(COPY, path.relative(installed.root, installed.cli)).replaceAll("\\", "/")
    : installed.cli;
  return {
    // Absolute paths, since not every front end knows {resource_dir}; a list, so that spaces need no quotes.
    argv:
      platform === "win32"
        ? [runtime, ...flags, paths.join(folder, start), "{connection_file}"]
        : ["/bin/sh", paths.join(folder, SCRIPT), "{connection_file}"],
    display_name: name === DEFAULT_NAME ? "Gradbook (TypeScript)" : `Gradbook (TypeScript, ${name})`,
    language: "typescript",
    // Otherwise front ends send a signal, which Windows does not have, and which reaches the programs of cells too.
    interrupt_mode: "message",
    // What is meant for another program of the shell that the front end runs in, such as the debugger of an editor.
    env: { NODE_OPTIONS: "" },
    metadata: {
      debugger: DEBUGGER,
      ...(curve && { supported_encryption: ["curve"] }),
      gradbook: { version: installed.version, cli, node: runtime },
    },
  };
}

const SCRIPT = "start.sh";
const startName = ({ startPath }: KernelspecSources): string =>
  "start" + (path.extname(startPath) === ".ts" ? ".mts" : ".mjs");

/** Throws an Error for a name that front ends would not find. */
export function checkName(name: string): string {
  if (NAME.test(name)) return name;
  throw new Error(
    `--name must consist of lower-case letters, digits, ".", "_" and "-", and not begin with ".", got ${JSON.stringify(name)}.`,
  );
}

export const folderOf = (dataFolder: string, name: string): string => path.join(dataFolder, "kernels", name);

/**
 * Writes the kernelspec, and returns its folder. One of ours is replaced file by file, each in one step and `kernel.json` last,
 * so that a front end always finds a whole one. Throws an Error, and changes nothing, where another program's is.
 */
export async function installKernelspec(
  dataFolder: string,
  name: string,
  sources: KernelspecSources,
): Promise<{ folder: string; replaced: Kernelspec | undefined }> {
  const folder = folderOf(dataFolder, checkName(name));
  const replaced = await ours(folder);
  await mkdir(folder, { recursive: true });
  const written = new Set<string>();
  const put = async (file: string, write: (fresh: string) => Promise<unknown> | void): Promise<void> => {
    const target = path.join(folder, file);
    const fresh = path.join(folder, `.${file}-${process.pid}`);
    written.add(file);
    try {
      await write(fresh);
      // A folder is not replaced by a rename as a file is.
      if ((await lstat(fresh)).isDirectory()) await rm(target, { recursive: true, force: true });
      await rename(fresh, target);
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  };
  if (sources.copy) await put(COPY, (fresh) => copyPackage(sources.package, fresh));
  for (const logo of LOGOS) await put(logo, (fresh) => copyFile(sources.logos[logo], fresh));
  await put(startName(sources), (fresh) => copyFile(sources.startPath, fresh));
  if (sources.platform !== "win32") {
    await put(SCRIPT, async (fresh) => {
      await writeFile(fresh, shellScript(sources.runtime, sources.flags, startName(sources)));
      await chmod(fresh, 0o755);
    });
  }
  const spec = kernelspec(folder, name, sources);
  await put("kernel.json", (fresh) => writeFile(fresh, JSON.stringify(spec, null, 2) + "\n"));
  // What an earlier version needed.
  for (const left of [COPY, SCRIPT, "start.mjs", "start.mts"]) {
    if (!written.has(left)) await rm(path.join(folder, left), { recursive: true, force: true });
  }
  return { folder, replaced };
}

/** Removes one of ours; undefined when there is none. Throws an Error where another program's is. */
export async function uninstallKernelspec(dataFolder: string, name: string): Promise<string | undefined> {
  const folder = folderOf(dataFolder, checkName(name));
  if ((await ours(folder)) === undefined) return undefined;
  if ((await lstat(folder)).isSymbolicLink()) await unlink(folder);
  else await rm(folder, { recursive: true });
  return folder;
}

/** The kernelspec of ours in that folder, undefined where there is none at all. Throws an Error where it is not ours. */
async function ours(folder: string): Promise<Kernelspec | undefined> {
  const found = await readKernelspec(folder);
  if (found === undefined || (found !== "unreadable" && found.metadata?.gradbook)) return found;
  const what =
    found === "unreadable"
      ? "holds a kernel.json that cannot be read"
      : `is the kernel of another program (${String(found.display_name)})`;
  throw new Error(`${folder} ${what}. It stays as it is; choose another --name, or remove it yourself.`);
}

/** What stands in a kernelspec's folder; undefined when nothing does. */
export async function readKernelspec(folder: string): Promise<Kernelspec | "unreadable" | undefined> {
  let text: string;
  try {
    text = await readFile(path.join(folder, "kernel.json"), "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR" ? undefined : "unreadable";
  }
  try {
    const spec: unknown = JSON.parse(text);
    return typeof spec === "object" && spec !== null ? (spec as Kernelspec) : "unreadable";
  } catch {
    return "unreadable";
  }
}

/** Ours below a folder of Jupyter's data, by folder. */
export async function ourKernelspecs(dataFolder: string): Promise<Map<string, Kernelspec>> {
  const found = new Map<string, Kernelspec>();
  for (const name of await readdir(path.join(dataFolder, "kernels")).catch(() => [])) {
    const folder = folderOf(dataFolder, name);
    const spec = await readKernelspec(folder);
    if (spec !== undefined && spec !== "unreadable" && spec.metadata?.gradbook) found.set(folder, spec);
  }
  return found;
}
