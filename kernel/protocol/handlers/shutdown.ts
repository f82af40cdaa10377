import type { Handler } from "../handler.ts";

/** Ends the session; the process leaves when the reply is on its way (see `Dispatcher.onShutdown`). */
export const shutdown: Handler<"shutdown_request"> = async (
  { restart = false },
  { session, cancelQueued, publish },
) => {
  cancelQueued();
  await session.shutdown();
  publish("shutdown_reply", { status: "ok", restart });
  return { status: "ok", restart };
};
