/**
 * The breakpoints that a front end has set, by the paths of texts, and where they are in the scripts of each text: those
 * that exist, and those to come, which are looked at before their first statement runs.
 */
import type { JsonObject } from "../protocol/messages.ts";
import type { Script, Scripts } from "./scripts.ts";
import type { DebugTarget, Location } from "./target.ts";
import { IN_WORKER } from "./worker.ts";

/** Source: Debug Adapter Protocol, `SourceBreakpoint`. */
export interface Requested {
  line: number;
  condition?: string;
  hitCondition?: string;
  logMessage?: string;
}
export interface Breakpoint {
  id: number;
  verified: boolean;
  line: number;
  source: { path: string };
}
interface Entry {
  id: number;
  requested: Requested;
  /** Where it is in the text; another line where nothing can stop on the one asked for. */
  line: number;
  /** The thread's ids of it, one for each script. */
  inThread: string[];
}

export class Breakpoints {
  readonly #target: DebugTarget;
  readonly #scripts: Scripts;
  readonly #byPath = new Map<string, Entry[]>();
  #last = 0;

  constructor(target: DebugTarget, scripts: Scripts) {
    this.#target = target;
    this.#scripts = scripts;
  }

  /** Puts these in the place of all that the text had. */
  async set(path: string, requested: readonly Requested[]): Promise<Breakpoint[]> {
    await this.#remove(this.#byPath.get(path) ?? []);
    const entries = requested.map((each): Entry => ({
      id: ++this.#last,
      requested: each,
      line: each.line,
      inThread: [],
    }));
    if (entries.length === 0) this.#byPath.delete(path);
    else this.#byPath.set(path, entries);
    for (const script of this.#scripts.of(path)) await this.apply(script);
    return entries.map((entry) => described(path, entry));
  }

  /** Of all texts, for a front end that comes later. */
  all(): { source: string; breakpoints: Requested[] }[] {
    return [...this.#byPath].map(([source, entries]) => ({
      source,
      breakpoints: entries.map(({ requested, line }) => ({ ...requested, line })),
    }));
  }

  has(path: string): boolean {
    return this.#byPath.has(path);
  }

  /** Sets those of its text in a script. */
  async apply(script: Script): Promise<void> {
    for (const entry of this.#byPath.get(script.path) ?? []) {
      const place = await this.#placeOf(script, entry.requested.line);
      if (!place) continue;
      const condition = conditionOf(entry.id, entry.requested);
      const set = await this.#target
        .send("Debugger.setBreakpoint", { location: place.location, ...(condition !== undefined && { condition }) })
        // Two of one line are one.
        .catch(() => undefined);
      entry.line = place.line;
      if (set) entry.inThread.push(String(set["breakpointId"]));
    }
  }

  /** The front end's ids for what the thread has hit. */
  idsOf(hit: readonly string[]): number[] {
    return [...this.#byPath.values()]
      .flat()
      .filter(({ inThread }) => inThread.some((id) => hit.includes(id)))
      .map(({ id }) => id);
  }

  /** The thread is another one, which has none yet. */
  forgetThread(): void {
    for (const entry of [...this.#byPath.values()].flat()) entry.inThread = [];
  }

  clear(): void {
    this.#byPath.clear();
  }

  async #remove(entries: readonly Entry[]): Promise<void> {
    for (const breakpointId of entries.flatMap(({ inThread }) => inThread)) {
      await this.#target.send("Debugger.removeBreakpoint", { breakpointId }).catch(() => {});
    }
  }

  /** The first place that comes from that line, or from the next one on which something can stop. */
  async #placeOf(script: Script, wanted: number): Promise<{ location: Location; line: number } | undefined> {
    for (let line = wanted; line <= script.lastLine; line++) {
      const range = script.range(line);
      if (!range) continue;
      const { locations } = (await this.#target.send("Debugger.getPossibleBreakpoints", {
        ...range,
        restrictToFunction: false,
      })) as unknown as { locations: Location[] };
      const found = locations
        .map((location) => ({ location, at: script.original(location) }))
        .filter(({ at }) => at?.line === line)
        .sort((a, b) => a.at!.column - b.at!.column);
      if (found[0]) return { location: found[0].location, line };
    }
    return undefined;
  }
}

function described(path: string, { id, line }: Entry): Breakpoint {
  return { id, verified: true, line, source: { path } };
}

/** One expression for everything that decides whether a breakpoint stops. */
function conditionOf(id: number, { condition, hitCondition, logMessage }: Requested): string | undefined {
  const parts: string[] = [];
  if (condition) parts.push(`(${condition})`);
  if (hitCondition) {
    const [, operator = ">=", count] = /^\s*(>=|<=|==|>|<|%)?\s*(\d+)\s*$/.exec(hitCondition) ?? [];
    if (count !== undefined) {
      const hits = `${IN_WORKER}.hits(${id})`;
      parts.push(operator === "%" ? `${hits} % ${count} === 0` : `${hits} ${operator} ${count}`);
    }
  }
  if (logMessage) {
    const template = logMessage.replace(/[`\\]|\$(?=\{)/g, "\\$&").replace(/\{/g, "${");
    parts.push(`(console.log(\`${template}\`), false)`);
  }
  return parts.length === 0 ? undefined : parts.join(" && ");
}

export function requestedOf(value: unknown): Requested[] {
  if (!Array.isArray(value)) return [];
  return value.filter((each: JsonObject) => typeof each?.["line"] === "number") as Requested[];
}
