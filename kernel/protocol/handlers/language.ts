import type { Handler } from "../handler.ts";

/** What an editor asks about the text of cells; never waits for a cell that computes. */
export const language: Handler<"gradbook_language_request"> = async (request, { session }) => ({
  status: "ok",
  result: await session.language(request),
});
