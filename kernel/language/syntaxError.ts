/** A cell or module that is not TypeScript, with the place in the user's own text. */
export class CellSyntaxError extends SyntaxError {
  /** 1-based. */
  readonly line: number;
  /** 1-based, UTF-16 units. */
  readonly column: number;
  /** UTF-16 units; 0 when only the place is known. */
  readonly length: number;

  constructor(message: string, at: { line: number; column: number; length: number }) {
    super(message);
    this.name = "SyntaxError";
    this.line = at.line;
    this.column = at.column;
    this.length = at.length;
  }
}
