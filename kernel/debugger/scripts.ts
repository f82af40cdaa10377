/**
 * The scripts that come from the user's texts, and the way between a place in a text and the places in its scripts. A
 * text may have several: a cell that ran twice has two, and functions of the first may still be called.
 */
import { decode, type SourceMapMappings } from "@jridgewell/sourcemap-codec";
import type { JsonObject } from "../protocol/messages.ts";
import type { Location } from "./target.ts";

const MAP = /^data:application\/json;(?:charset=[\w-]+;)?base64,/;

/** A place in a text; line and column from 1. */
export interface Place {
  path: string;
  line: number;
  column: number;
}

export class Script {
  readonly id: string;
  readonly url: string;
  readonly path: string;
  /** The user's text, if the map has it. */
  readonly text: string | undefined;
  readonly #encoded: string;
  #mappings: SourceMapMappings | undefined;

  constructor(id: string, url: string, map: { sources: string[]; sourcesContent?: string[]; mappings: string }) {
    this.id = id;
    this.url = url;
    this.path = pathOf(map.sources[0]!);
    this.text = map.sourcesContent?.[0];
    this.#encoded = map.mappings;
  }

  get #lines(): SourceMapMappings {
    return (this.#mappings ??= decode(this.#encoded));
  }

  /** Undefined for code that nobody wrote. */
  original({ lineNumber, columnNumber = 0 }: Location): Place | undefined {
    const segment = this.#lines[lineNumber]?.findLast(([column]) => column <= columnNumber);
    if (!segment || segment.length === 1) return undefined;
    return { path: this.path, line: segment[2] + 1, column: segment[3] + 1 };
  }

  /** From the first to behind the last place of the code that comes from a line. */
  range(line: number): { start: Location; end: Location } | undefined {
    let start: Location | undefined;
    let last = 0;
    this.#lines.forEach((segments, lineNumber) => {
      for (const segment of segments) {
        if (segment.length === 1 || segment[2] + 1 !== line) continue;
        start ??= { scriptId: this.id, lineNumber, columnNumber: segment[0] };
        last = lineNumber;
      }
    });
    return start && { start, end: { scriptId: this.id, lineNumber: last + 1, columnNumber: 0 } };
  }

  get lastLine(): number {
    let most = 0;
    for (const line of this.#lines)
      for (const segment of line) if (segment.length > 1) most = Math.max(most, segment[2]! + 1);
    return most;
  }
}

export class Scripts {
  readonly #byId = new Map<string, Script>();

  /** Takes the parameters of `Debugger.scriptParsed`; undefined for a script without a text of the user. */
  parsed(params: JsonObject): Script | undefined {
    const { scriptId, url, sourceMapURL } = params as { scriptId: string; url: string; sourceMapURL?: string };
    if (!sourceMapURL || !MAP.test(sourceMapURL)) return undefined;
    try {
      const map = JSON.parse(Buffer.from(sourceMapURL.replace(MAP, ""), "base64").toString()) as {
        sources: string[];
        mappings: string;
      };
      if (typeof map.sources?.[0] !== "string") return undefined;
      const script = new Script(scriptId, url, map);
      this.#byId.set(scriptId, script);
      return script;
    } catch {
      // A package's own map may be anything.
      return undefined;
    }
  }

  get(id: string): Script | undefined {
    return this.#byId.get(id);
  }
  of(path: string): Script[] {
    return [...this.#byId.values()].filter((script) => script.path === path);
  }
  all(): Iterable<Script> {
    return this.#byId.values();
  }
  clear(): void {
    this.#byId.clear();
  }
}

function pathOf(source: string): string {
  return source.startsWith("file://")
    ? decodeURIComponent(new URL(source).pathname).replace(/^\/(?=[A-Za-z]:)/, "")
    : source;
}
