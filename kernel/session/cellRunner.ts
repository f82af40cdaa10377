/**
 * Runs cells in the worker: transform, run, value or error. A second cell may begin while the first one waits for
 * something. Remembers which names the session has.
 */
import vm from "node:vm";
import { CellSyntaxError, transformCell, type Dependencies } from "../language/transform.ts";
import type { ErrorContent, JsonObject } from "../protocol/messages.ts";
import type { CellOutcome, CellRequest } from "../protocol/session.ts";
import { CellContext, cellsAtWork, runInCell, type Work } from "./cellContext.ts";
import { endGroups } from "./console.ts";
import { sourceOf } from "./cellSources.ts";
import { Definitions } from "./definitions.ts";
import { Interrupted } from "./interrupted.ts";
import { isResult, mimeBundle } from "./mimeBundle.ts";
import type { Output } from "./output.ts";
import { settled } from "./intrinsics.ts";
import type { CellRuntime } from "./runtime.ts";
import { SessionNames } from "./sessionNames.ts";
import { cellFilename, describeError, excerpt, inlineMap, type StackMaps } from "./stack.ts";
import type { Known } from "./variables/answers.ts";

type Value = { value: unknown } | undefined;
interface Compiled {
  run: ($: CellRuntime) => Value | Promise<Value>;
  dependencies: Dependencies;
}

interface Running {
  readonly id: number;
  cell: CellContext;
  /** Undefined until it was compiled. */
  dependencies?: Dependencies;
  end(outcome: CellOutcome): void;
}

export class CellRunner {
  private readonly names = new SessionNames((name) => this.runtime.box(name));
  private readonly definitions: Definitions;
  private readonly runtime: CellRuntime;
  private readonly output: Output;
  private readonly maps: StackMaps;
  /** By the supervisor's numbers. */
  private readonly running = new Map<number, Running>();
  /** Who take the outcomes of the cells that have not been answered yet. */
  private readonly unanswered = new Map<number, (outcome: CellOutcome) => void>();
  private runs = 0;

  constructor(parts: { runtime: CellRuntime; output: Output; maps: StackMaps }) {
    this.runtime = parts.runtime;
    this.definitions = new Definitions(() => parts.runtime.allBoxes());
    this.output = parts.output;
    this.maps = parts.maps;
  }

  /** Calls `done` once: when the cell has ended by itself, or by `settle`. Nothing else waits for the cell. */
  run(id: number, request: CellRequest, done: (outcome: CellOutcome) => void): void {
    const cell = new CellContext(request);
    const running: Running = {
      id,
      cell,
      end: (outcome) => {
        if (!this.running.delete(id)) return;
        runInCell(cell, () => cell.end((error) => this.report(error)));
        const dependencies = this.definitions.end(running.dependencies, {
          executionCount: request.executionCount,
          failed: outcome.status === "error",
          others: this.declaredByRunning(),
        });
        done({ ...outcome, dependencies, ...(cell.pages.length > 0 && { pages: cell.pages }) });
        this.unanswered.delete(id);
      },
    };
    if (this.running.size === 0) endGroups();
    this.definitions.begin(this.declaredByRunning());
    this.running.set(id, running);
    this.unanswered.set(id, done);
    const failed = (error: unknown): void => {
      // What it started while it unwound stops with it.
      if (error instanceof Interrupted) this.runtime.end(cell);
      running.end({ status: "error", error: this.describe(error, request) });
    };
    // In a microtask of its own: code that is terminated takes everything on its stack with it.
    queueMicrotask(() => {
      try {
        // It came while an interrupt was on its way.
        runInCell(cell, this.runtime.stopIfInterrupted);
        const compiled = this.compile(id, request.code, request.executionCount);
        running.dependencies = compiled.dependencies;
        settled(this.start(running, compiled, request), running.end, failed);
      } catch (error) {
        failed(error);
      }
    });
  }

  private async start({ id, cell }: Running, compiled: Compiled, request: CellRequest): Promise<CellOutcome> {
    const prepared = runInCell(cell, () => this.runtime.prepare());
    if (prepared) await prepared;
    const result = await runInCell(cell, () => compiled.run(this.runtime));
    // Awaited: a promise that is only returned has its `then` called, which a cell may have replaced.
    return await runInCell(cell, async () => {
      const shown = result !== undefined && isResult(result.value, cell.shown) && !request.silent;
      return {
        status: "ok",
        ...(shown ? { value: await mimeBundle(result.value) } : {}),
        userExpressions: await this.evaluateAll(id, request.userExpressions),
      };
    });
  }

  /** The session's variables that have a value, in no order. */
  *variables(): Generator<Known> {
    for (const { name } of this.runtime.allBoxes()) {
      const known = this.variable(name);
      if (known) yield known;
    }
  }
  variable(name: string): Known | undefined {
    const declaration = this.names.declarationOf(name);
    const box = declaration && this.runtime.box(name);
    if (!box?.declared) return undefined;
    const { cell, order } = this.definitions.get(name) ?? { cell: 0, order: 0 };
    return { name, ...declaration!, value: box.v, cell, order };
  }

  /** A debugger gives a variable a value, and makes it when no cell has. */
  define(name: string, value: unknown): void {
    if (!this.names.declarationOf(name)) {
      this.names.remember({ declares: [{ name, kind: "let", live: false, constant: false }], wants: [] });
    }
    this.runtime.box(name).v = value;
  }

  /** The cells that run are asked to stop: awaits reject, timers end. Loops see the shared flag by themselves. */
  cancel(): void {
    for (const { cell } of [...this.running.values()]) this.runtime.cancel(cell);
  }

  /** The same for whatever earlier cells still do, and each of them is told so. */
  cancelBackground(): void {
    for (const cell of cellsAtWork()) {
      if (!cell.ended) continue;
      const works = this.runtime.end(cell);
      if (works.length === 0) continue;
      if (!cell.silent) this.output.write(cell, "stderr", `Interrupted: stopped ${counted(works)} of this cell.\n`);
    }
  }

  /** The running cells go on after they were asked to stop: woken, they turn at their next poll until they are ended. */
  condemn(): void {
    for (const { cell } of [...this.running.values()]) {
      cell.condemned = true;
      this.runtime.end(cell);
    }
  }

  /** A running cell was ended from outside and will never answer. */
  settle(id: number, error: ErrorContent): void {
    const running = this.running.get(id);
    const unanswered = this.unanswered.get(id);
    if (running) {
      running.cell.condemned = false;
      running.cell.dead = true;
      this.runtime.end(running.cell);
      running.end({ status: "error", error });
    } else if (unanswered) {
      // It ended by itself in the same moment, and was terminated before it could say so.
      unanswered({ status: "error", error });
      this.unanswered.delete(id);
    }
  }

  /** Shows an error of late work (a timer, a rejection) on stderr of the cell that the calling code belongs to. */
  report(error: unknown): void {
    if (Interrupted.isQuiet(error)) return;
    const { traceback } = describeError(error, this.maps);
    process.stderr.write(traceback.join("\n") + "\n");
  }

  /** What cells declare that have not come to their ends: what changes there is their own doing. */
  private declaredByRunning(): Set<string> {
    return new Set([...this.running.values()].flatMap(({ dependencies }) => dependencies?.declares ?? []));
  }

  private compile(id: number, source: string, executionCount: number): Compiled {
    const filename = cellFilename(executionCount, ++this.runs);
    const cell = transformCell(source, { names: this.names, filename });
    this.maps.add(filename, cell.map, source);
    // A debugger may come later, and wants breakpoints in the functions of earlier cells too.
    const map = inlineMap({ ...cell.map, sources: [sourceOf(source)] });
    const script = new vm.Script(`${cell.code}\n${map}`, { filename });
    const run = script.runInThisContext() as Compiled["run"];
    this.names.remember(cell);
    const declares = cell.declares.map(({ name }) => name);
    const locals = cell.declares.flatMap(({ name, live }) => (live ? [] : [name]));
    this.output.post({ type: "started", id, filename, saveLocals: cell.saveLocals, declares, locals });
    return { run, dependencies: cell.dependencies };
  }

  private async evaluateAll(id: number, expressions: { [name: string]: string }): Promise<JsonObject> {
    const results: [name: string, result: JsonObject][] = [];
    for (const [name, code] of Object.entries(expressions)) {
      try {
        const result = await this.compile(id, code, 0).run(this.runtime);
        results.push([name, { status: "ok", data: await mimeBundle(result?.value), metadata: {} }]);
      } catch (error) {
        results.push([name, { status: "error", ...this.describe(error, { code, executionCount: 0 }) }]);
      }
    }
    // Not by assignment: a name may be "__proto__".
    return Object.fromEntries(results);
  }

  private describe(error: unknown, request: Pick<CellRequest, "code" | "executionCount">): ErrorContent {
    if (!(error instanceof CellSyntaxError)) return describeError(error, this.maps);
    const where = `Cell [${request.executionCount}]`;
    const evalue = error.message;
    return {
      ename: "SyntaxError",
      evalue,
      traceback: [
        `SyntaxError: ${evalue}`,
        `    at ${where}, line ${error.line}`,
        ...excerpt(request.code, { where, line: error.line, column: error.column }),
      ],
    };
  }
}

/** `2 timers and 1 wait` */
function counted(works: readonly Work[]): string {
  const kinds = [...new Set(works)].map((kind) => {
    const count = works.filter((work) => work === kind).length;
    return `${count} ${kind}${count === 1 ? "" : "s"}`;
  });
  return kinds.length < 2 ? kinds.join("") : `${kinds.slice(0, -1).join(", ")} and ${kinds.at(-1)}`;
}
