import type { ErrorContent, JsonObject } from "./messages.ts";

/** Thrown by a handler whose reply is an error that was already described. */
export class RequestFailed extends Error {
  readonly error: ErrorContent;
  readonly extra: JsonObject;
  constructor(error: ErrorContent, extra: JsonObject = {}) {
    super(error.evalue);
    this.error = error;
    this.extra = extra;
  }
}
