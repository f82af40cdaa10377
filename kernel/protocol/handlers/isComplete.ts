import type { Handler } from "../handler.ts";

/** Whether a console should run the text or ask for another line; nothing is executed. */
export const isComplete: Handler<"is_complete_request"> = ({ code }, { session }) => session.isComplete(code);
