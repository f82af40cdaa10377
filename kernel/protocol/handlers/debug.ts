import type { Handler } from "../handler.ts";

/** Lets a debugger into the thread of the cells, on this machine only, and shuts it out again. */
export const debug: Handler<"gradbook_debug_request"> = async ({ command }, { session }) => {
  const answer = (await session.ask(`debug/${command}`, {})) as { url?: string; prefix?: string };
  return { status: "ok", ...answer };
};
