/**
 * How cells import: bare names and relative paths from the notebook's folder, local TypeScript through our transform,
 * and `gradbook` always as the kernel's own instance, whatever the notebook's node_modules holds.
 */
import module from "node:module";
import path from "node:path";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { CellSyntaxError, transformModule } from "../language/transform.ts";
import type { StackMaps } from "./stack.ts";

/** Specifier that `import()` of this file hands to the resolve hook, so that it resolves from the notebook's folder. */
const FROM_CELL = "gradbook-cell-import:";
const TYPESCRIPT = /\.[mc]?ts$/;

export interface ModuleOptions {
  /** The notebook's folder. */
  folder: string;
  /** Where the kernel's own bundles of `gradbook` and `gradbook/notebook` lie. */
  library: { [specifier: string]: string };
  maps: StackMaps;
  /** Folder of the kernel's own files: never transformed. */
  ours: string;
}

export class CellModules {
  /** Stands for the notebook as the importing file; it need not exist. */
  private readonly parentURL: string;
  readonly require: NodeJS.Require;
  readonly meta: ImportMeta;

  constructor({ folder, library, maps, ours }: ModuleOptions) {
    const parent = path.join(folder, "[notebook].ts");
    this.parentURL = pathToFileURL(parent).href;
    const ownURL = pathToFileURL(ours).href + "/";
    this.require = module.createRequire(parent);
    this.meta = {
      url: this.parentURL,
      filename: parent,
      dirname: folder,
      main: false,
      resolve: (specifier: string) => pathToFileURL(this.require.resolve(specifier)).href,
    };
    module.registerHooks({
      resolve: (specifier, context, next) => {
        const fromCell = specifier.startsWith(FROM_CELL);
        const name = fromCell ? decodeURIComponent(specifier.slice(FROM_CELL.length)) : specifier;
        const own = library[name];
        if (own !== undefined) return { url: pathToFileURL(own).href, format: "module", shortCircuit: true };
        return next(name, fromCell ? { ...context, parentURL: this.parentURL } : context);
      },
      load: (url, context, next) => {
        if (!isLocalTypeScript(url) || url.startsWith(ownURL)) return next(url, context);
        const filename = fileURLToPath(url);
        const { code, map } = this.transform(filename);
        maps.add(url, map);
        const format = filename.endsWith(".cts") ? "commonjs" : "module";
        return { format, source: `${code}\n${inlineMap(map)}`, shortCircuit: true };
      },
    });
  }

  async import(specifier: string, options?: ImportCallOptions): Promise<object> {
    try {
      return (await import(FROM_CELL + encodeURIComponent(specifier), options)) as object;
    } catch (error) {
      throw this.explain(error, specifier);
    }
  }

  private transform(filename: string): ReturnType<typeof transformModule> {
    try {
      return transformModule(readFileSync(filename, "utf8"), filename);
    } catch (error) {
      if (!(error instanceof CellSyntaxError)) throw error;
      // A plain SyntaxError: the lines it speaks of are the file's, not those of a cell.
      throw new SyntaxError(`${error.message} (${filename}:${error.line}:${error.column})`);
    }
  }

  /** Node's "Cannot find package" speaks of a file that the user never wrote; say what to do instead. */
  private explain(error: unknown, specifier: string): unknown {
    if (!(error instanceof Error) || (error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") return error;
    const folder = path.dirname(fileURLToPath(this.parentURL));
    // A module that was found but itself imports something missing keeps Node's message, which names the importer.
    if (!error.message.includes("[notebook].ts")) return error;
    const relative = /^\.{0,2}\//.test(specifier);
    const hint = relative
      ? nearMiss(folder, specifier)
      : `Install it with "npm install ${packageName(specifier)}" in ${folder}.`;
    const better = new Error(`Cannot find ${relative ? "file" : "package"} "${specifier}" from ${folder}. ${hint}`);
    better.name = "ImportError";
    return better;
  }
}

function nearMiss(folder: string, specifier: string): string {
  const base = path.resolve(folder, specifier);
  const found = [".ts", ".js", ".mjs", ".mts", ".json", "/index.ts", "/index.js"].find((ending) =>
    existsSync(base + ending),
  );
  return found ? `There is "${specifier}${found}": imports need the file's ending.` : "Check the name and the folder.";
}

function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function isLocalTypeScript(url: string): boolean {
  return url.startsWith("file:") && TYPESCRIPT.test(new URL(url).pathname) && !url.includes("/node_modules/");
}

export function inlineMap(map: object): string {
  const data = Buffer.from(JSON.stringify(map)).toString("base64");
  return `//# sourceMappingURL=data:application/json;base64,${data}`;
}
