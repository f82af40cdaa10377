import type { Handler } from "../handler.ts";

/** Waits until what earlier cells have left behind (timers, downloads, programs) has ended, but not longer than asked. */
export const rest: Handler<"gradbook_rest_request"> = async ({ within_ms }, { session }) => ({
  status: "ok",
  rests: (await session.ask("rest", { within_ms })) as boolean,
});
