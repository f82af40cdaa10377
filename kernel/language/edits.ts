/**
 * Text edits of JavaScript that carry its source map along.
 *
 * Edits are made in one walk over the syntax tree, in the order of the text. At one position insertions stand in the
 * order they were made, before a replacement that starts there.
 */
import { decode, encode, type SourceMapMappings, type SourceMapSegment } from "@jridgewell/sourcemap-codec";

/** What ends a line of JavaScript, for TypeScript's maps and for V8; inside a text too. */
const LINE_END = /[\n\u2028\u2029]/g;

interface Edit {
  start: number;
  end: number;
  text: string;
  /** Where the text comes from; its own place otherwise. */
  from?: number;
  /** What follows comes from where this comes from, up to the next mapping of its own. */
  covers?: true;
  /** Text from elsewhere, with its own edits, that stands before `text`. */
  moved?: { start: number; end: number; edits: Edit[]; before: string };
}

/** Where generated text comes from, as the offset in the edited JavaScript. */
export interface Piece {
  text: string;
  from?: number;
}

export interface SourceMapV3 {
  version: 3;
  file: string;
  sources: string[];
  sourcesContent: string[];
  names: string[];
  mappings: string;
}

export class Edits {
  private list: Edit[] = [];

  /** `from`: the place that the text comes from, when that is not `at`. */
  insert(at: number, text: string, from = at): void {
    this.list.push({ start: at, end: at, text, from });
  }

  replace(start: number, end: number, text: string): void {
    this.list.push({ start, end, text });
  }

  /** V8 says of `(0, f)()` that it fails at its parenthesis: the place of `f` covers that. */
  replaceCalled(start: number, end: number, text: string): void {
    this.list.push({ start, end, text, covers: true });
  }

  remove(start: number, end: number): void {
    this.list.push({ start, end, text: "" });
  }

  /** Inserts at `to` what stands from `start` to `end`, and removes it there. The edits that `visit` makes go with it. */
  move(
    start: number,
    end: number,
    to: number,
    visit: () => void,
    { before, after }: { before: string; after: string },
  ): void {
    const outer = this.list;
    const edits = (this.list = []);
    visit();
    this.list = outer;
    outer.push({ start: to, end: to, text: after, moved: { start, end, edits, before } });
    outer.push({ start, end, text: "" });
  }

  /** The edited text between `head` and `tail`, with mappings to whatever `mappings` led to. */
  apply(source: string, mappings: Mappings, head: Piece[], tail: string): { code: string; mappings: string } {
    const out = new Output(mappings);
    for (const { text, from } of head) {
      if (from !== undefined) out.mark(from);
      out.add(text);
    }
    this.emit(out, source, 0, source.length, this.list);
    out.add(tail);
    return { code: out.text, mappings: encode(out.lines) };
  }

  private emit(out: Output, source: string, from: number, to: number, list: Edit[]): void {
    let at = from;
    const edits = list.map((edit, order) => ({ ...edit, order }));
    edits.sort((a, b) => a.start - b.start || rank(a) - rank(b) || a.order - b.order);
    let covered = false;
    for (const { start, end, text, from: place = start, covers, moved } of edits) {
      if (start < at || end > to) throw new Error(`edits overlap at ${start} of:\n${source}`);
      out.copy(source, at, start, covered);
      if (moved) {
        out.add(moved.before);
        this.emit(out, source, moved.start, moved.end, moved.edits);
      }
      out.mark(moved?.start ?? place);
      out.add(text);
      at = end;
      covered = covers ?? false;
    }
    out.copy(source, at, to, covered);
  }
}

function rank({ start, end }: Edit): number {
  return start === end ? 0 : 1;
}

/** Decoded mappings of a text, found by offset. */
export class Mappings {
  /** Offset in the text, and line and column of the original, all 0-based; sorted by offset. */
  readonly points: { offset: number; line: number; column: number }[] = [];

  constructor(text: string, mappings: string) {
    let lineStart = 0;
    for (const segments of decode(mappings)) {
      for (const segment of segments) {
        if (segment.length > 1) {
          const [column, , originalLine, originalColumn] = segment as [number, number, number, number];
          this.points.push({ offset: lineStart + column, line: originalLine, column: originalColumn });
        }
      }
      LINE_END.lastIndex = lineStart;
      if (!LINE_END.test(text)) break;
      lineStart = LINE_END.lastIndex;
    }
  }

  /** Index of the last point at or before `offset`; -1 when there is none. */
  before(offset: number): number {
    let low = 0;
    let high = this.points.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.points[middle]!.offset <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Position of the original, 0-based. */
  original(offset: number): { line: number; column: number } | undefined {
    return this.points[this.before(offset)];
  }
}

class Output {
  text = "";
  readonly lines: SourceMapMappings = [[]];
  private column = 0;
  private readonly mappings: Mappings;

  constructor(mappings: Mappings) {
    this.mappings = mappings;
  }

  add(text: string): void {
    this.text += text;
    for (const char of text) {
      if (char === "\n" || char === "\u2028" || char === "\u2029") {
        this.lines.push([]);
        this.column = 0;
      } else this.column += char.length;
    }
  }

  /** Where the text comes from; its own place otherwise. */
  from?: number;
  /** What follows comes from `offset` of the source. */
  mark(offset: number): void {
    const point = this.mappings.original(offset);
    if (point) this.segment(point);
  }

  /** `covered`: its beginning keeps the place of what stands before it. */
  copy(source: string, from: number, to: number, covered: boolean): void {
    if (from === to) return;
    if (!covered) this.mark(from);
    const { points } = this.mappings;
    let at = from;
    for (let i = this.mappings.before(from) + 1; i < points.length && points[i]!.offset < to; i++) {
      const point = points[i]!;
      this.add(source.slice(at, point.offset));
      this.segment(point);
      at = point.offset;
    }
    this.add(source.slice(at, to));
  }

  private segment({ line, column }: { line: number; column: number }): void {
    const segments = this.lines.at(-1)!;
    const segment: SourceMapSegment = [this.column, 0, line, column];
    if (segments.at(-1)?.[0] === this.column) segments[segments.length - 1] = segment;
    else segments.push(segment);
  }
}
