/**
 * Where an import leads: to a file that the session links itself, or to what Node loads (its own modules and packages).
 *
 * Paths are found as TypeScript's users write them: "./model" is model.ts, or a folder with index.ts, and "./model.js" is
 * model.ts where there is no model.js. Packages are found by Node, with the conditions of `import` or of `require`.
 */
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import module from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { missingFile, missingPackage, packageName } from "./importError.ts";

/** A real path, or what Node imports: "node:fs", the URL of a file. */
export type Target = { file: string } | { url: string };

export interface Importer {
  /** The importing file; it need not exist. Imports are resolved from its folder. */
  file: string;
  /** How messages name it. */
  name: string;
}

/** In the order in which they are tried: what the editor shows the types of comes first. */
const ENDINGS = [".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx", ".json", ".d.ts"];
const LINKED = /\.(?:[cm]?[jt]s|[jt]sx|json)$/;
const TYPESCRIPT = /\.(?:[cm]?ts|tsx)$/;
const SCHEME = /^(?![a-z]:[\\/])[a-z][a-z\d+.-]+:/i;

/** Specifier with which `import.meta.resolve` reaches the hook, which then asks Node from another file than this one. */
const FROM = "gradbook-from:";

export class Resolver {
  private readonly library: { [specifier: string]: string };
  private readonly ours: string;

  /**
   * @param options.library files of the kernel by the name that imports use, whatever node_modules holds.
   * @param options.ours folder of the kernel's own files.
   */
  constructor({ library, ours }: { library: { [specifier: string]: string }; ours: string }) {
    this.library = library;
    this.ours = ours;
  }

  /**
   * @throws ImportError
   * @param attributes of the import: what it calls JSON is read as JSON, whatever its name.
   */
  import(specifier: string, importer: Importer, attributes: { readonly [key: string]: string } = {}): Target {
    const target = this.imported(specifier, importer);
    const isJson = attributes["type"] === "json" && "url" in target && target.url.startsWith("file:");
    if (!isJson) return target;
    const file = fileURLToPath(target.url);
    return isInPackage(file) ? target : { file };
  }

  private imported(specifier: string, importer: Importer): Target {
    const found = this.here(specifier, importer, (text) => fileOf(text, importer.file));
    if (found) return found;
    const question = { specifier, parentURL: pathToFileURL(importer.file).href };
    return this.targetOf(import.meta.resolve(FROM + encodeURIComponent(JSON.stringify(question))));
  }

  /** @throws ImportError */
  require(specifier: string, importer: Importer): Target {
    const found = this.here(specifier, importer, (text) => path.resolve(path.dirname(importer.file), text));
    if (found) return found;
    // Node 22 does not ask the hook for what is only resolved.
    refuseMissing(specifier, pathToFileURL(importer.file).href, ["require"]);
    const native = module.createRequire(importer.file).resolve(specifier);
    return module.isBuiltin(native) ? { url: native } : this.targetOf(pathToFileURL(native).href);
  }

  /** What needs no look into packages. */
  private here(specifier: string, importer: Importer, pathOf: (text: string) => string): Target | undefined {
    const own = Object.hasOwn(this.library, specifier) ? this.library[specifier] : undefined;
    if (own !== undefined) return { url: pathToFileURL(own).href };
    if (!isPath(specifier)) return undefined;
    const base = pathOf(specifier);
    const file = findFile(base);
    if (file === undefined) throw missingFile(specifier, importer.name, base);
    return this.targetOf(pathToFileURL(realpathSync(file)).href);
  }

  /** Local files, and TypeScript wherever it is: Node does not run what lies in node_modules. */
  private targetOf(url: string): Target {
    if (!url.startsWith("file:")) return { url };
    const file = fileURLToPath(url);
    const linked = LINKED.test(file) && (!isInPackage(file) || TYPESCRIPT.test(file)) && !this.isOurs(file);
    return linked ? { file } : { url };
  }

  private isOurs(file: string): boolean {
    return file.startsWith(this.ours + path.sep);
  }

  /** Node asks this for everything that it loads itself, and `import` above for packages. */
  hook: module.ResolveHookSync = (specifier, context, next) => {
    const own = Object.hasOwn(this.library, specifier) ? this.library[specifier] : undefined;
    if (own !== undefined) return { url: pathToFileURL(own).href, format: "module", shortCircuit: true };
    if (!specifier.startsWith(FROM)) {
      refuseMissing(specifier, context.parentURL, context.conditions);
      return next(specifier, context);
    }
    const question = JSON.parse(decodeURIComponent(specifier.slice(FROM.length))) as {
      specifier: string;
      parentURL: string;
    };
    refuseMissing(question.specifier, question.parentURL, context.conditions);
    return { ...next(question.specifier, { ...context, parentURL: question.parentURL }), shortCircuit: true };
  };
}

export function isInPackage(file: string): boolean {
  return file.split(path.sep).includes("node_modules");
}

function isPath(specifier: string): boolean {
  return /^\.{0,2}\/|^\.{1,2}$|^file:/.test(specifier) || path.isAbsolute(specifier);
}

/** The path that an import means, without what follows "?" and "#". */
function fileOf(specifier: string, parent: string): string {
  if (process.platform === "win32" && path.isAbsolute(specifier)) return specifier;
  const url = new URL(specifier, pathToFileURL(parent));
  return fileURLToPath(url);
}

/** The file of a path as people write it. */
export function findFile(base: string): string | undefined {
  const isFolder = base.endsWith("/") || base.endsWith(path.sep);
  if (!isFolder) {
    if (isFile(base)) return base;
    const typescript = base.replace(/js(x?)$/, "ts$1");
    if (/\.[cm]?jsx?$/.test(base) && isFile(typescript)) return typescript;
    const named = withEnding(base);
    if (named !== undefined) return named;
  }
  const main = mainOf(base);
  const file =
    main === undefined ? undefined : isFile(main) ? main : (withEnding(main) ?? withEnding(path.join(main, "index")));
  return file ?? withEnding(path.join(base, "index"));
}

function withEnding(base: string): string | undefined {
  const ending = ENDINGS.find((one) => isFile(base + one));
  return ending === undefined ? undefined : base + ending;
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

function mainOf(folder: string): string | undefined {
  const { main } = readPackage(folder) ?? {};
  return typeof main === "string" ? path.join(folder, main) : undefined;
}

interface Package {
  name?: unknown;
  type?: unknown;
  main?: unknown;
  version?: unknown;
}

/** The package.json of a folder, if there is one that can be read. */
export function readPackage(folder: string): Package | undefined {
  try {
    return JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as Package;
  } catch {
    return undefined;
  }
}

/** What the package of a file says of it. */
export function packageOf(file: string): Package | undefined {
  for (const folder of upwards(path.dirname(file))) {
    if (path.basename(folder) === "node_modules") return undefined;
    if (existsSync(path.join(folder, "package.json"))) return readPackage(folder);
  }
  return undefined;
}

function* upwards(from: string): Generator<string> {
  for (let folder = from; ; folder = path.dirname(folder)) {
    yield folder;
    if (folder === path.dirname(folder)) return;
  }
}

/**
 * Node remembers that a package was not there, and would not find it after an installation. So nobody asks Node for a
 * package that is nowhere.
 */
function refuseMissing(
  specifier: string,
  parentURL: string | undefined,
  conditions: Iterable<string> | undefined,
): void {
  if (isPath(specifier) || specifier.startsWith("#") || module.isBuiltin(specifier)) return;
  const requires = [...(conditions ?? [])].includes("require");
  const code = requires ? "MODULE_NOT_FOUND" : "ERR_MODULE_NOT_FOUND";
  if (SCHEME.test(specifier)) {
    if (/^(npm|jsr|https?):/.test(specifier)) throw missingPackage(specifier, nameOf(parentURL), code);
    return;
  }
  if (!parentURL?.startsWith("file:")) return;
  const name = packageName(specifier);
  const folder = path.dirname(fileURLToPath(parentURL));
  for (const at of upwards(folder)) if (existsSync(path.join(at, "node_modules", name))) return;
  if (requires && globalFolders().some((at) => existsSync(path.join(at, name)))) return;
  if (packageOf(fileURLToPath(parentURL))?.name === name) return;
  throw missingPackage(specifier, nameOf(parentURL), code);
}

/** `NODE_PATH` and the folders beside it, which only `require` knows. */
function globalFolders(): readonly string[] {
  return (module as unknown as { globalPaths: string[] }).globalPaths;
}

export const NOTEBOOK = "[notebook].ts";

function nameOf(parentURL: string | undefined): string {
  if (!parentURL?.startsWith("file:")) return "here";
  const file = fileURLToPath(parentURL);
  return path.basename(file) === NOTEBOOK ? path.dirname(file) : file;
}
