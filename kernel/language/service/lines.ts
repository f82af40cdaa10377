/** Offsets and the protocol's positions of one text; both count UTF-16 code units. */
import type { Position } from "vscode-languageserver-types";

export class Lines {
  /** Offset at which each line begins. */
  private readonly starts: number[] = [0];
  private readonly length: number;

  constructor(text: string) {
    this.length = text.length;
    for (const { 0: end, index } of text.matchAll(/\r\n|\n|\r/g)) this.starts.push(index + end.length);
  }

  position(offset: number): Position {
    let low = 0;
    let high = this.starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return { line: low, character: Math.max(0, offset - this.starts[low]!) };
  }

  /** A position after the end of its line, or below the last line, is the end of the text or of what it can reach. */
  offset({ line, character }: Position): number {
    if (line >= this.starts.length) return this.length;
    return Math.min(this.starts[line]! + character, this.starts[line + 1] ?? this.length);
  }
}
