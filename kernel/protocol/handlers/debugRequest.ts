import type { Handler } from "../handler.ts";

/** A message of the Debug Adapter Protocol: its response is the whole reply, also when it says that it failed. */
export const debugRequest: Handler<"debug_request"> = async (content, { session, parent }) =>
  session.debug(content, parent);
