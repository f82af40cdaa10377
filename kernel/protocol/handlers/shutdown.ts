import type { Handler } from "../handler.ts";

/** Ends the session; the process leaves when the reply is on its way (see `Dispatcher.onShutdown`). */
export const shutdown: Handler<"shutdown_request"> = async ({ restart = false }, { session, cancelQueued }) => {
  cancelQueued();
  await session.shutdown();
  return { status: "ok", restart };
};
