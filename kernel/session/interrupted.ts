/** Thrown into user code when the user asked to stop. `finally` runs; catching it and going on is the user's own choice. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  constructor(message = "stopped by the user; variables are kept") {
    super(message);
  }
}
