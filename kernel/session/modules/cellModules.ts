/**
 * How cells import: packages by Node, from the notebook's folder; local files linked by the session, so that they are
 * evaluated anew when they change; and `gradbook` always as the kernel's own instance, whatever node_modules holds.
 */
import { readFileSync } from "node:fs";
import module from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transformModule } from "../../language/transform.ts";
import { describeError, inlineMap, type StackMaps } from "../stack.ts";
import { explainNative } from "./importError.ts";
import { ModuleGraph, type Failure, type Work } from "./graph.ts";
import type { ForeignModule, LocalModule, Namespace } from "./localModule.ts";
import { PackagesInUse } from "./packagesInUse.ts";
import { NOTEBOOK, Resolver, type Importer } from "./resolver.ts";

const TYPESCRIPT = /\.[mc]?ts$/;

export interface ModuleOptions {
  /** The notebook's folder. */
  folder: string;
  /** Where the kernel's own bundles of `gradbook` and `gradbook/notebook` lie. */
  library: { [specifier: string]: string };
  maps: StackMaps;
  /** Folder of the kernel's own files: never transformed. */
  ours: string;
  /** Runs a command of a cell; see callOf in kernel/language/transform.ts. */
  command: (strings: readonly string[], ...values: unknown[]) => Promise<void>;
}

export class CellModules {
  readonly require: NodeJS.Require;
  readonly meta: ImportMeta;
  private readonly graph: ModuleGraph;
  private readonly resolver: Resolver;
  private readonly maps: StackMaps;
  /** Stands for the notebook as the importing file; it need not exist. */
  private readonly notebook: Importer;
  private readonly packages = new PackagesInUse();

  constructor({ folder, library, maps, ours, command }: ModuleOptions) {
    this.maps = maps;
    this.resolver = new Resolver({ library, ours });
    this.graph = new ModuleGraph({
      resolver: this.resolver,
      maps,
      scopes: {
        import: (specifier, options, from) => this.importFrom(specifier, options, importerOf(from), from),
        meta: (file) => this.metaOf({ file, name: file }),
        require: (from) => this.requireOf(importerOf(from), from),
      },
    });
    this.notebook = { file: path.join(folder, NOTEBOOK), name: folder };
    this.require = this.requireOf(this.notebook, undefined);
    this.meta = Object.defineProperty(this.metaOf(this.notebook), "command", { value: command });
    const ownURL = `${pathToFileURL(ours).href}/`;
    module.registerHooks({
      resolve: this.resolver.hook,
      load: (url, context, next) => {
        const { pathname } = new URL(url);
        this.packages.note(url);
        if (pathname.endsWith(".json") && context.conditions.includes("import")) {
          return next(url, { ...context, importAttributes: { type: "json" } });
        }
        // Only what a package loads itself comes here; Node does not run TypeScript of packages.
        if (!url.startsWith("file:") || !TYPESCRIPT.test(pathname) || url.startsWith(ownURL)) return next(url, context);
        const filename = fileURLToPath(url);
        const { code, map } = transformModule(readFileSync(filename, "utf8"), filename);
        maps.add(url, map);
        const format = filename.endsWith(".cts") ? "commonjs" : "module";
        return { format, source: `${code}\n${inlineMap(map)}`, shortCircuit: true };
      },
    });
  }

  /** Told of what new versions of local modules take the place of: namespaces, and what `require` gave. */
  set onReplaced(callback: (replaced: Map<object, object>) => void) {
    this.graph.onReplaced = callback;
  }

  import(specifier: string, options?: ImportCallOptions): Promise<object> {
    return this.importFrom(specifier, options, this.notebook, undefined);
  }

  /** Evaluates changed local modules anew, before a cell runs. Undefined when nothing has changed. */
  refresh(): Promise<void> | undefined {
    const changed = this.graph.changed();
    return changed.size === 0 ? undefined : later(this.reload(changed));
  }

  /** After a command: says which packages were replaced while they are in use. */
  reportPackages(): void {
    for (const line of this.packages.changed()) process.stderr.write(`${line}\n`);
  }

  /** What is being imported was stopped and will not end. */
  abandon(): void {
    this.graph.abandon();
  }

  private *reload(changed: ReadonlySet<string>): Work<void> {
    for (const failure of yield* this.graph.reload(changed)) this.report(failure);
  }

  private report({ error, files }: Failure): void {
    const names = files.map((file) => path.relative(path.dirname(this.notebook.file), file));
    const [first, ...others] = names;
    const also = others.length > 0 ? ` and of ${others.join(", ")}` : "";
    const { traceback } = describeError(error, this.maps);
    process.stderr.write(`${first} has changed and does not load; the session keeps the old version of it${also}.\n`);
    process.stderr.write(`${traceback.join("\n")}\n`);
  }

  private async importFrom(
    specifier: string,
    options: ImportCallOptions | undefined,
    importer: Importer,
    from: LocalModule | undefined,
  ): Promise<object> {
    const name = String(specifier);
    const attributes = (options?.with ?? {}) as { [key: string]: string };
    const target = this.resolver.import(name, importer, attributes);
    if ("url" in target) return importForeign(target.url, attributes);
    return later(this.local(target.file, attributes, from));
  }

  private *local(file: string, attributes: { [key: string]: string }, from: LocalModule | undefined): Work<Namespace> {
    const changed = this.graph.changed();
    if (changed.size > 0) yield* this.reload(changed);
    const module = yield* this.graph.module(file, attributes);
    from?.loaded.add(module.key);
    return module.namespace;
  }

  private requireOf(importer: Importer, from: LocalModule | undefined): NodeJS.Require {
    const native = module.createRequire(importer.file);
    const resolve = (specifier: string, options?: { paths?: string[] }): string => {
      if (options?.paths) return native.resolve(specifier, options);
      const target = this.resolver.require(specifier, importer);
      if ("file" in target) return target.file;
      return target.url.startsWith("file:") ? fileURLToPath(target.url) : target.url;
    };
    const require = (specifier: string): unknown => {
      if (typeof specifier !== "string") return native(specifier); // Node's own error
      const target = this.resolver.require(specifier, importer);
      if ("url" in target) return requireForeign(target.url, native);
      const begun = this.graph.begun(target.file);
      if (begun?.module) return begun.module.exports;
      return this.requireLocal(target.file, native, from);
    };
    const { cache, extensions, main } = native;
    return Object.assign(require, {
      cache,
      extensions,
      main,
      resolve: Object.assign(resolve, { paths: native.resolve.paths }),
    }) as NodeJS.Require;
  }

  private requireLocal(file: string, native: NodeJS.Require, from: LocalModule | undefined): unknown {
    const changed = this.graph.changed();
    if (changed.size > 0) atOnce(this.reload(changed), native);
    const loaded = atOnce(this.graph.module(file), native);
    from?.loaded.add(loaded.key);
    return loaded.required;
  }

  private metaOf(importer: Importer): ImportMeta {
    return {
      url: pathToFileURL(importer.file).href,
      filename: importer.file,
      dirname: path.dirname(importer.file),
      main: false,
      resolve: (specifier: string) => {
        const target = this.resolver.import(String(specifier), importer);
        return "url" in target ? target.url : pathToFileURL(target.file).href;
      },
    };
  }
}

function importerOf({ file }: LocalModule): Importer {
  return { file, name: file };
}

async function importForeign(url: string, attributes: { readonly [key: string]: string }): Promise<object> {
  try {
    // JSON comes as JSON whether or not the import says so.
    const given = new URL(url).pathname.endsWith(".json") ? { ...attributes, type: "json" } : attributes;
    if (url.endsWith(".node")) return namespaceOf(module.createRequire(url)(fileURLToPath(url)));
    return (await import(url, { with: given })) as object;
  } catch (error) {
    throw explainNative(error);
  }
}

function requireForeign(url: string, native: NodeJS.Require): unknown {
  try {
    return native(url.startsWith("file:") ? fileURLToPath(url) : url);
  } catch (error) {
    throw explainNative(error);
  }
}

/** Does the work, waiting where it must. */
async function later<T>(work: Work<T>): Promise<T> {
  let step = work.next();
  while (!step.done) {
    const wait = step.value;
    let answer: unknown;
    try {
      answer = "foreign" in wait ? await importForeign(wait.foreign.url, wait.foreign.attributes) : await wait.start();
    } catch (error) {
      step = work.throw(error);
      continue;
    }
    step = work.next(answer);
  }
  return step.value;
}

/** Does the work for `require`, which cannot wait. */
function atOnce<T>(work: Work<T>, native: NodeJS.Require): T {
  let step = work.next();
  while (!step.done) {
    const wait = step.value;
    let answer: unknown;
    try {
      if (!("foreign" in wait)) throw new Error(`require cannot wait for ${wait.who}. Use await import() instead.`);
      answer = foreignNow(wait.foreign, native);
    } catch (error) {
      step = work.throw(error);
      continue;
    }
    step = work.next(answer);
  }
  return step.value;
}

function foreignNow({ url }: ForeignModule, native: NodeJS.Require): object {
  const loaded = requireForeign(url, native);
  const isNamespace = Object.prototype.toString.call(loaded) === "[object Module]";
  return isNamespace ? (loaded as object) : namespaceOf(loaded);
}

/** What `import` would give of a CommonJS module. */
function namespaceOf(exports: unknown): object {
  return Object.assign(Object.create(null) as object, exports, { default: exports });
}
