import type { Handler } from "../handler.ts";

/** What the session's variables are, for a list of them; see variables.ts of the protocol. */
export const variables: Handler<"gradbook_variables_request"> = async (request, { session }) => ({
  status: "ok",
  result: await session.ask("variables", { ...request }),
});
