import type { Handler } from "../handler.ts";

/** Answers at once; the running cell ends by itself, with an error reply of its own. */
export const interrupt: Handler<"interrupt_request"> = (_content, { session, cancelQueued }) => {
  cancelQueued();
  session.interrupt();
  return { status: "ok" };
};
