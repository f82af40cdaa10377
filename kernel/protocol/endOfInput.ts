/**
 * Who answers has no more lines and never will: for `await input()` an error, for a loop over `process.stdin` its end.
 * It travels by its name, as any error of a reply.
 */
import { RequestFailed } from "./requestFailed.ts";

export class EndOfInput extends Error {
  override readonly name = "EndOfInput";

  /** Also of one that came over the wire. */
  static is(error: unknown): boolean {
    return error instanceof EndOfInput || (error instanceof RequestFailed && error.error.ename === "EndOfInput");
  }
}
