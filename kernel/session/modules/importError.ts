/** What goes wrong when something is imported, in words that say what to do. */
import { readdirSync } from "node:fs";
import path from "node:path";
import { nearest } from "../../text/nearest.ts";

/** Something to import was not found, or does not export what was asked for. */
export class ImportError extends Error {
  override name = "ImportError";
  /** Node's own code: packages look at it to do without another package. */
  readonly code: string;

  constructor(message: string, code = "ERR_MODULE_NOT_FOUND") {
    super(message);
    this.code = code;
  }
}

/** Name of the package that a specifier means: "@scope/name" of "@scope/name/file.js". */
export function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** @param importer the importing file, or the notebook's folder. */
export function missingPackage(specifier: string, importer: string, code?: string): ImportError {
  const other = /^(npm|jsr):(?:@?[^@]*)/.exec(specifier);
  if (other) {
    const name = other[0].slice(other[1]!.length + 1);
    const how = `"${other[1]}:" is Deno's. Run "!npm install ${name}" in a cell and import "${name}"`;
    return new ImportError(`Cannot import "${specifier}" from ${importer}. ${how}.`, code);
  }
  if (/^https?:/.test(specifier)) {
    const how =
      'Modules are not loaded from the network. Run "!npm install …" in a cell, or save the file beside the notebook';
    return new ImportError(`Cannot import "${specifier}" from ${importer}. ${how}.`, code);
  }
  const alias = /^[@~]\//.test(specifier);
  const how = alias
    ? 'Paths of tsconfig.json are not read: write a relative path, or name it under "imports" in package.json (with #)'
    : `Run "!npm install ${packageName(specifier)}" in a cell to install it there`;
  return new ImportError(`Cannot find package "${packageName(specifier)}" from ${importer}. ${how}.`, code);
}

/** @param base the path that the specifier means, of which no file was found. */
export function missingFile(specifier: string, importer: string, base: string): ImportError {
  const folder = path.dirname(base);
  let there: string[];
  try {
    there = readdirSync(folder);
  } catch {
    return new ImportError(`Cannot find file "${specifier}" from ${importer}. There is no folder ${folder}.`);
  }
  const stem = (name: string): string => name.replace(/(\.d)?\.\w+$/, "");
  const near = nearest(stem(path.basename(base)), there.map(stem));
  const name = near !== undefined && there.find((one) => stem(one) === near);
  const hint = name
    ? `Did you mean "${specifier.slice(0, specifier.lastIndexOf("/") + 1)}${name}"?`
    : "Check the name and the folder.";
  return new ImportError(`Cannot find file "${specifier}" from ${importer}. ${hint}`);
}

const NATIVE =
  /NODE_MODULE_VERSION|compiled against a different|invalid ELF header|not a valid (?:Win32|mach-o)|No native build was found|Could not locate the bindings file/;

/** Adds what to do to errors of packages that hold native code. */
export function explainNative(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "ERR_DLOPEN_FAILED" && !NATIVE.test(error.message)) return error;
  if (error.message.includes("gradbook.runtime")) return error;
  const runtime = process.versions["electron"] ? "VS Code's own runtime" : `Node ${process.versions.node}`;
  error.message += `\n${
    /did not self-register/.test(error.message)
      ? "This package holds native code that cannot be loaded in a thread, where cells run. Look for a newer version of it, or for one without native code."
      : `This package holds native code that does not fit the runtime of this kernel (${runtime}, ABI ${process.versions.modules}). Set gradbook.runtime (outside VS Code: GRADBOOK_RUNTIME) to the node with whose npm you installed the package, and restart the kernel.`
  }`;
  return error;
}
