/**
 * Which cell gave each variable its value, and which variables a cell uses. Changes are seen by comparing all variables
 * before and after a cell, however they came about; what happens inside an object is not seen.
 */
import type { Box, Dependencies } from "../language/transform.ts";
import type { CellDependencies } from "../protocol/session.ts";
import { functionText, getPrototypeOf, isObject, isProxy } from "./variables/natives.ts";

export interface Definition {
  /** Execution count of the cell that last declared or changed it; 0 when no cell did. */
  cell: number;
  /** Later first definitions have larger numbers. A cell that is run again moves nothing. */
  order: number;
}

/** Stands for a value: the same when the value is the same. Keeps no object alive. */
type Token = unknown;

/** A longer string is told by its length and its ends. */
const LONG = 100_000;

export class Definitions {
  private readonly boxes: () => Iterable<Box>;
  private readonly tokens = new Map<string, { token: Token; text: string | undefined }>();
  private readonly definitions = new Map<string, Definition>();
  /** What the functions and classes at the top use, when somebody calls them. */
  private readonly deferred = new Map<string, Dependencies["deferred"][string]>();
  /** Not WeakRefs, which would keep what a cell replaces alive until it first awaits. */
  private readonly names = new WeakMap<object, { number: number }>();
  private count = 0;
  private order = 0;

  constructor(boxes: () => Iterable<Box>) {
    this.boxes = boxes;
  }

  get(name: string): Definition | undefined {
    return this.definitions.get(name);
  }

  /**
   * To be called before a cell runs: what has changed since the last one ended was no cell's doing, except for what cells
   * declare that are running.
   */
  begin(declaredByOthers: ReadonlySet<string>): void {
    this.changes(declaredByOthers);
  }

  /**
   * To be called when a cell has ended. `dependencies` is undefined when it never began; `others`: what cells declare that
   * are still running.
   */
  end(
    dependencies: Dependencies | undefined,
    { executionCount, failed, others }: { executionCount: number; failed: boolean; others: Set<string> },
  ): CellDependencies {
    for (const name of dependencies?.declares ?? []) others.delete(name);
    const changed = this.changes(others);
    const declared = (dependencies?.declares ?? []).filter((name) =>
      // A cell that failed may not have come to it.
      failed ? changed.includes(name) : this.tokens.has(name),
    );
    for (const name of new Set([...declared, ...changed])) {
      const order = this.definitions.get(name)?.order ?? ++this.order;
      this.definitions.set(name, { cell: executionCount, order });
    }
    for (const name of dependencies?.declares ?? []) this.deferred.delete(name);
    for (const [name, uses] of Object.entries(dependencies?.deferred ?? {})) this.deferred.set(name, uses);
    return { session: performance.timeOrigin, reads: this.reads(dependencies), declares: declared, changes: changed };
  }

  /** Names the cell reads, those that the functions it uses read included; not what it declares itself. */
  private reads(dependencies: Dependencies | undefined): string[] {
    const found = new Set(dependencies?.uses);
    // A set that grows while it is walked through.
    for (const name of found) for (const used of this.deferred.get(name) ?? []) found.add(used);
    for (const name of dependencies?.declares ?? []) found.delete(name);
    return [...found].filter((name) => this.tokens.has(name) || !(name in globalThis));
  }

  private changes(except: ReadonlySet<string>): string[] {
    const changed: string[] = [];
    for (const box of this.boxes()) {
      const { name } = box;
      if (!box.declared || except.has(name)) continue;
      const before = this.tokens.get(name);
      const token = this.token(box.v);
      if (before && Object.is(before.token, token)) continue;
      const text = this.text(box.v);
      this.tokens.set(name, { token, text });
      // A cell that is run again makes the same function anew.
      if (!before || text === undefined || text !== before.text) changed.push(name);
    }
    return changed;
  }

  private token(value: unknown): Token {
    if (typeof value === "string" && value.length > LONG) {
      return `${value.length} ${value.slice(0, LONG / 2)} ${value.slice(-LONG / 2)}`;
    }
    return isObject(value) ? this.nameOf(value) : value;
  }

  private nameOf(value: object): { number: number } {
    let name = this.names.get(value);
    if (!name) this.names.set(value, (name = { number: ++this.count }));
    return name;
  }

  /** What a function or class is by its text, and by the class that it extends. */
  private text(value: unknown): string | undefined {
    if (typeof value !== "function" || isProxy(value)) return undefined;
    const base = getPrototypeOf(value);
    return `${functionText(value)} ${base ? this.nameOf(base).number : ""}`;
  }
}
