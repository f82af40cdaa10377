/** The npm package that a kernelspec starts: where it is, whether it will stay there, and a copy of it. */
import { cpSync, existsSync, readFileSync } from "node:fs";
import path from "node:path";

export interface Package {
  /** Folder of its package.json. */
  root: string;
  version: string;
  /** The command line's entry file. */
  cli: string;
}

/** The package of the running command, whose kernel is `kernelPath`: the build, or the sources. */
export function packageOf(kernelPath: string): Package {
  const cli = path.join(path.dirname(kernelPath), "cli" + path.extname(kernelPath));
  for (let root = path.dirname(kernelPath); ; root = path.dirname(root)) {
    const described = path.join(root, "package.json");
    if (existsSync(described)) {
      const { version } = JSON.parse(readFileSync(described, "utf8")) as { version: string };
      return { root, version, cli };
    }
    if (root === path.dirname(root)) throw new Error(`${kernelPath} is in no npm package.`);
  }
}

/** What runs a package without installing it keeps it in a cache that is emptied some day: npx, pnpm dlx, bunx, yarn dlx. */
export function isPassing(root: string): boolean {
  return /[\\/](_npx|dlx|dlx-[^\\/]*|bunx-[^\\/]*|xfs-[^\\/]*)[\\/](.*[\\/])?node_modules[\\/]/.test(root);
}

/** Copies what the kernel needs at run time to the folder `target`: the build, and zeromq for this platform only. */
export function copyPackage({ root }: Package, target: string): void {
  const copy = (from: string, to: string, wanted: (inside: string) => boolean): void => {
    const filter = (file: string): boolean => wanted(path.relative(from, file).replaceAll("\\", "/"));
    cpSync(from, path.join(target, to), { recursive: true, dereference: true, filter });
  };
  copy(root, "", (file) => /^($|package\.json$|LICENSE$|dist($|\/))/.test(file));
  const zeromq = installedAbove(root, "zeromq");
  const platform = `${process.platform}/${process.arch}`;
  copy(zeromq, "node_modules/zeromq", (file) => {
    if (/^(src|script|node_modules)($|\/)|\.(map|d\.ts|tsbuildinfo)$/.test(file)) return false;
    const [, os, arch] = /^build\/([^/.]+)(?:\/([^/]+)|$)/.exec(file) ?? [];
    return os === undefined || platform.startsWith(arch === undefined ? os : `${os}/${arch}`);
  });
  // Finds the right one of zeromq's binaries; the only package that it needs at run time.
  const loader = installedAbove(zeromq, "cmake-ts");
  copy(loader, "node_modules/cmake-ts", (file) => /^($|package\.json$|build$|build\/loader\.m?js$)/.test(file));
}

/** As Node looks for a package from a folder: there and in every folder above. */
function installedAbove(from: string, name: string): string {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const found = path.join(folder, "node_modules", name);
    if (existsSync(found)) return found;
    // A package in the cache lies beside those that it needs: node_modules/gradbook, node_modules/zeromq.
    if (folder === path.dirname(folder)) throw new Error(`${from} has no package ${name} in a node_modules above it.`);
  }
}
