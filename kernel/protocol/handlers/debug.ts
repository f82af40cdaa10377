import { RequestFailed } from "../requestFailed.ts";
import type { Handler } from "../handler.ts";

/** Lets a debugger into the thread of the cells, on this machine only, and shuts it out again. */
export const debug: Handler<"gradbook_debug_request"> = async ({ command }, { session }) => {
  if (command !== "open" && command !== "close") {
    const evalue = `gradbook_debug_request: command must be "open" or "close", got ${JSON.stringify(command)}.`;
    throw new RequestFailed({ ename: "TypeError", evalue, traceback: [] });
  }
  const answer = (await session.ask(`debug/${command}`, {})) as { url?: string; prefix?: string };
  return { status: "ok", ...answer };
};
