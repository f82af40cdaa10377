/**
 * The local modules of a session: reads them with what they import, evaluates each once and in order, and does so anew
 * for those whose files have changed.
 *
 * The work is written once, as generators that yield what they must wait for: `import` awaits it, `require` refuses what
 * cannot be had at once.
 */
import { addPlaces, type StackMaps } from "../stack.ts";
import { Interrupted } from "../interrupted.ts";
import { compileFile, type CommonJSScope } from "./compileFile.ts";
import { explainNative, ImportError } from "./importError.ts";
import { FileStamps } from "./fileStamps.ts";
import { ForeignModule, LocalModule, type AnyModule, type Attributes, type Place } from "./localModule.ts";
import type { Resolver } from "./resolver.ts";
import { assignUnits, pendingUnits, type Unit } from "./units.ts";

/** What the work waits for; the answer comes back through `next`. */
export type Wait = { foreign: ForeignModule } | { who: string; start: () => Promise<unknown> };
export type Work<T> = Generator<Wait, T, unknown>;

/** What a module's code reaches the session through. */
export interface Scopes {
  import(specifier: string, options: ImportCallOptions | undefined, from: LocalModule): Promise<object>;
  meta(file: string): ImportMeta;
  require(from: LocalModule): NodeJS.Require;
}

/** One reading of modules: for the first time, or the new versions of stale ones. By key. */
interface Reading {
  stale: ReadonlySet<string>;
  fresh: Map<string, LocalModule>;
  failed: Map<string, unknown>;
}

export interface Failure {
  error: unknown;
  /** Files that keep their old version because of it. */
  files: string[];
}

export class ModuleGraph {
  /** Told of the namespaces, and of what `require` gave, that new versions take the place of. */
  onReplaced: (replaced: Map<object, object>) => void = () => {};
  private readonly resolver: Resolver;
  private readonly maps: StackMaps;
  private readonly scopes: Scopes;
  private readonly stamps = new FileStamps();
  /** The version in use, by key. */
  private readonly current = new Map<string, LocalModule>();
  private readonly foreign = new Map<string, ForeignModule>();
  private readonly evaluating = new Set<Unit<AnyModule>>();
  /** Keys of modules whose newest version does not load, and why. */
  private readonly failed = new Map<string, unknown>();
  private reloading = false;

  constructor(parts: { resolver: Resolver; maps: StackMaps; scopes: Scopes }) {
    this.resolver = parts.resolver;
    this.maps = parts.maps;
    this.scopes = parts.scopes;
  }

  /** The module of a file, evaluated. Throws what its newest version throws. */
  *module(file: string, attributes: Attributes = {}): Work<LocalModule> {
    const key = keyOf(file, attributes);
    if (this.failed.has(key) && !this.reloading) {
      // What was wrong may be right by now without a change of any file.
      yield* this.reload(new Set(this.failed.keys()));
      if (this.failed.has(key)) throw this.failed.get(key);
    }
    const reading: Reading = { stale: new Set(), fresh: new Map(), failed: new Map() };
    try {
      const module = this.read(key, reading, undefined);
      yield* this.evaluate(module);
      return module;
    } finally {
      this.dropUnfinished(reading);
    }
  }

  /** The module of a file as far as it has come: what `require` gives in a circle. */
  begun(file: string): LocalModule | undefined {
    const module = this.current.get(file);
    return module?.unit?.state === "evaluating" ? module : undefined;
  }

  /** Keys of what has another content than when it was read, and of what may load now although it has not changed. */
  changed(): Set<string> {
    if (this.reloading || this.current.size === 0) return new Set();
    const changed = this.stamps.changed();
    const isNew = [...changed].some((key) => !this.current.has(key));
    for (const [key, error] of this.failed) if (isNew || error instanceof ImportError) changed.add(key);
    return changed;
  }

  /**
   * Evaluates anew what `changed` names, and every module that imports one of them. What fails keeps its old version, and
   * so does what imports it.
   * @returns failures of which nothing was said before.
   */
  *reload(changed: ReadonlySet<string>): Work<Failure[]> {
    const stale = this.importersOf(changed);
    const reading: Reading = { stale, fresh: new Map(), failed: new Map() };
    const replaced = new Map<object, object>();
    const failures = new Map<unknown, Failure>();
    this.reloading = true;
    try {
      for (const old of this.inOrder(stale)) {
        const { key } = old;
        try {
          const module = this.read(key, reading, old.from);
          yield* this.evaluate(module);
          this.failed.delete(key);
          this.current.set(key, module);
          replaced.set(old.namespace, module.namespace);
          const [before, after] = [old.required, module.required];
          if (isObject(before) && isObject(after)) replaced.set(before, after);
        } catch (error) {
          if (error instanceof Interrupted) throw error;
          const isKnown = messageOf(this.failed.get(key)) === messageOf(error);
          this.failed.set(key, error);
          reading.failed.set(key, error);
          const failure = failures.get(error);
          if (failure) failure.files.push(old.file);
          else if (!isKnown) failures.set(error, { error, files: [old.file] });
        }
      }
    } finally {
      this.reloading = false;
      this.dropUnfinished(reading);
      this.onReplaced(replaced);
    }
    if (this.failed.size === 0) this.stamps.keepOnly(this.current);
    return [...failures.values()];
  }

  /** What is being evaluated will never end: its code was ended from outside, or nobody waits for it any more. */
  abandon(): void {
    for (const unit of this.evaluating) unit.state = "failed";
    this.evaluating.clear();
    for (const all of [this.current, this.foreign]) {
      for (const [key, { unit }] of all) if (unit?.state !== "evaluated") all.delete(key);
    }
    this.reloading = false;
  }

  /** What has not come so far as to be evaluated is read again the next time. */
  private dropUnfinished({ fresh }: Reading): void {
    for (const [key, module] of fresh) {
      const { state } = module.unit ?? { state: "new" };
      if (state !== "evaluated" && state !== "evaluating" && this.current.get(key) === module) this.current.delete(key);
    }
  }

  /** The changed modules that are in use, and those that import one of them, themselves or through others. */
  private importersOf(changed: ReadonlySet<string>): Set<string> {
    const stale = new Set([...changed].filter((key) => this.current.has(key)));
    for (let before = -1; before !== stale.size;) {
      before = stale.size;
      for (const [key, module] of this.current) {
        const imports = module.dependencies.some((one) => one instanceof LocalModule && stale.has(one.key));
        if (imports || [...module.loaded].some((one) => stale.has(one))) stale.add(key);
      }
    }
    return stale;
  }

  /** Dependencies first, so that an error is first met in the module that it comes from. */
  private inOrder(stale: ReadonlySet<string>): LocalModule[] {
    const order = new Set<LocalModule>();
    const seen = new Set<string>();
    const visit = (key: string): void => {
      if (!stale.has(key) || seen.has(key)) return;
      seen.add(key);
      const module = this.current.get(key)!;
      for (const one of module.dependencies) if (one instanceof LocalModule) visit(one.key);
      for (const one of module.loaded) visit(one);
      order.add(module);
    };
    for (const key of stale) visit(key);
    return [...order];
  }

  // Reading -------------------------------------------------------------------------------------------------------

  private read(key: string, reading: Reading, from: Place | undefined): LocalModule {
    const module = this.readTree(key, reading, from);
    assignUnits<AnyModule>(module);
    return module;
  }

  private readTree(key: string, reading: Reading, from: Place | undefined): LocalModule {
    const known = reading.fresh.get(key) ?? (reading.stale.has(key) ? undefined : this.current.get(key));
    if (known) return known;
    if (reading.failed.has(key)) throw reading.failed.get(key);
    try {
      const file = fileOf(key);
      const text = this.stamps.read(key, file);
      const module = new LocalModule({ key, file, code: compileFile({ key, file, text, maps: this.maps }), from });
      reading.fresh.set(key, module);
      if (!reading.stale.has(key)) this.current.set(key, module);
      if (module.code.kind === "module") {
        for (const { specifier, attributes, line, column } of module.code.requests) {
          module.dependencies.push(this.dependency(specifier, attributes, { file, line, column }, reading));
        }
      }
      return module;
    } catch (error) {
      reading.failed.set(key, error);
      throw error;
    }
  }

  private dependency(specifier: string, attributes: Attributes, at: Place, reading: Reading): AnyModule {
    try {
      const target = this.resolver.import(specifier, { file: at.file, name: at.file }, attributes);
      return "url" in target
        ? this.foreignModule(target.url, attributes, at)
        : this.readTree(keyOf(target.file, attributes), reading, at);
    } catch (error) {
      addPlaces(error, [at]);
      throw error;
    }
  }

  private foreignModule(url: string, attributes: Attributes, from: Place): ForeignModule {
    const key = JSON.stringify([url, attributes]);
    let module = this.foreign.get(key);
    if (!module) this.foreign.set(key, (module = new ForeignModule({ key, url, attributes, from })));
    return module;
  }

  // Evaluation ----------------------------------------------------------------------------------------------------

  private *evaluate(root: LocalModule): Work<void> {
    for (const unit of pendingUnits<AnyModule>(root)) {
      if (unit.state === "new") yield* this.evaluateUnit(unit);
      else if (unit.state === "failed") throw unit.error;
      else if (unit.state === "evaluating") yield { who: nameOf(unit), start: () => unit.ended! };
    }
  }

  private *evaluateUnit(unit: Unit<AnyModule>): Work<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => {});
    unit.state = "evaluating";
    unit.ended = promise;
    this.evaluating.add(unit);
    let at: AnyModule | undefined;
    try {
      const locals = unit.nodes.filter((node) => node instanceof LocalModule);
      for (at of unit.nodes) {
        if (at instanceof ForeignModule) at.namespace = (yield { foreign: at }) as ForeignModule["namespace"];
        else this.begin(at);
      }
      for (at of locals) at.defineExports();
      for (at of locals) at.checkImports();
      for (at of locals) yield* this.run(at);
      for (at of locals) at.settle();
      // Nobody waits for it any more if it was abandoned.
      if (this.evaluating.has(unit)) unit.state = "evaluated";
      resolve();
    } catch (thrown) {
      unit.error = explainNative(thrown);
      unit.state = "failed";
      if (at instanceof ForeignModule) this.foreign.delete(at.key);
      addPlaces(unit.error, this.importersAbove(at));
      reject(unit.error);
      throw unit.error;
    } finally {
      this.evaluating.delete(unit);
    }
  }

  /** Functions are there from now on, and `exports` has told how its names are read. */
  private begin(module: LocalModule): void {
    const { code, file } = module;
    if (code.kind !== "module") return;
    module.body = code.run({
      imported: module.dependencies.map(({ namespace }) => namespace),
      exports: (getters) => module.setGetters(getters),
      import: (specifier, options) => this.scopes.import(specifier, options, module),
      meta: this.scopes.meta(file),
      require: this.scopes.require(module),
    });
    void module.body.next();
  }

  private *run(module: LocalModule): Work<void> {
    const { code, body } = module;
    if (code.kind === "commonjs") return this.runCommonJS(module, code.run);
    if (code.kind !== "module" || !body) return;
    module.body = undefined;
    if (code.awaits) yield { who: module.file, start: () => body.next() as Promise<unknown> };
    else void body.next();
  }

  private runCommonJS(local: LocalModule, run: (scope: CommonJSScope) => void): void {
    const { module } = local;
    run({
      module: module!,
      require: this.scopes.require(local),
      import: (specifier, options) => this.scopes.import(specifier, options, local),
    });
    module!.loaded = true;
  }

  /** The imports that have led to a module, from the nearest on. */
  private importersAbove(module: AnyModule | undefined): Place[] {
    const places: Place[] = [];
    const seen = new Set<string>();
    for (let at = module?.from; at && !seen.has(at.file); at = this.current.get(at.file)?.from) {
      seen.add(at.file);
      places.push(at);
    }
    return places;
  }
}

/** A file read as JSON because the import says so is another module than the file itself. */
function keyOf(file: string, attributes: Attributes): string {
  return attributes["type"] === "json" && !file.endsWith(".json") ? `${file}\0json` : file;
}

function fileOf(key: string): string {
  return key.split("\0")[0]!;
}

function nameOf(unit: Unit<AnyModule>): string {
  const [node] = unit.nodes;
  return node instanceof LocalModule ? node.file : (node?.url ?? "");
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function messageOf(error: unknown): unknown {
  return error instanceof Error ? error.message : error;
}
