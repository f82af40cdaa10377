/**
 * A log that somebody from outside cannot fill: of lines of one kind the first few of each while are written, of the others
 * their number.
 */
export interface QuietLogOptions {
  write(line: string): void;
  /** So many lines of one kind … */
  lines?: number;
  /** … in so many milliseconds. */
  everyMs?: number;
}

interface Kind {
  written: number;
  left: number;
}

export class QuietLog {
  private readonly options: Required<QuietLogOptions>;
  private readonly kinds = new Map<string, Kind>();

  constructor({ lines = 5, everyMs = 10_000, ...rest }: QuietLogOptions) {
    this.options = { lines, everyMs, ...rest };
  }

  /** `kind` is one of a few words of ours, never what somebody sent. */
  write(kind: string, line: string): void {
    const { lines, everyMs, write } = this.options;
    let state = this.kinds.get(kind);
    if (!state) {
      this.kinds.set(kind, (state = { written: 0, left: 0 }));
      setTimeout(() => this.endOf(kind), everyMs).unref();
    }
    if (state.written < lines) {
      state.written++;
      write(line);
    } else state.left++;
  }

  private endOf(kind: string): void {
    const { left } = this.kinds.get(kind)!;
    this.kinds.delete(kind);
    if (left > 0) this.options.write(`${kind}: ${left} more in the last ${this.options.everyMs / 1000} s`);
  }
}
