/** Somewhere to print to. `process.stdout` and `process.stderr` are such streams. */
export interface TextStream {
  write(text: string): boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
  once(event: "drain", listener: () => void): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** A stream whose reader may be slow, or gone: `gradbook run … | head` must still write its notebook. */
export class TextSink {
  readonly #stream: TextStream;
  #gone: Promise<void>;
  #isGone = false;

  constructor(stream: TextStream) {
    this.#stream = stream;
    this.#gone = new Promise((resolve) => {
      stream.on("error", () => {
        this.#isGone = true;
        resolve();
      });
    });
  }

  get isTTY(): boolean {
    return this.#stream.isTTY ?? false;
  }
  get columns(): number {
    return this.#stream.columns || 80;
  }

  /** The promise settles when the reader has caught up; there is none when it is not behind. */
  write(text: string): Promise<void> | undefined {
    if (this.#isGone || this.#stream.write(text)) return undefined;
    const drained = new Promise<void>((resolve) => void this.#stream.once("drain", resolve));
    return Promise.race([drained, this.#gone]);
  }
}
