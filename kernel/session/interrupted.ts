/** Thrown into user code when the user asked to stop. `finally` runs; catching it and going on is the user's own choice. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  /** Ends a wait or a timer, and not a loop: of those the user is told elsewhere. */
  readonly #quiet: boolean;
  constructor({ quiet = false, message = "stopped by the user; variables are kept" } = {}) {
    super(message);
    this.#quiet = quiet;
  }
  static isQuiet(error: unknown): boolean {
    return error instanceof Interrupted && error.#quiet;
  }
}
