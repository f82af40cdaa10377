import type ts from "typescript";

/** A text that knows what changed since another one, so that TypeScript reads only that part again. */
export class Snapshot implements ts.IScriptSnapshot {
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  getText(start: number, end: number): string {
    return this.text.slice(start, end);
  }

  getLength(): number {
    return this.text.length;
  }

  getChangeRange(old: ts.IScriptSnapshot): ts.TextChangeRange | undefined {
    if (!(old instanceof Snapshot)) return undefined;
    const [before, now] = [old.text, this.text];
    const shorter = Math.min(before.length, now.length);
    let start = 0;
    while (start < shorter && before.charCodeAt(start) === now.charCodeAt(start)) start++;
    let kept = 0;
    while (
      kept < shorter - start &&
      before.charCodeAt(before.length - 1 - kept) === now.charCodeAt(now.length - 1 - kept)
    ) {
      kept++;
    }
    return { span: { start, length: before.length - kept - start }, newLength: now.length - kept - start };
  }
}
