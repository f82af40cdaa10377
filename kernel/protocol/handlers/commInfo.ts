import type { Handler } from "../handler.ts";

/** The comms that are open, all or those of one target. */
export const commInfo: Handler<"comm_info_request"> = ({ target_name }, { comms }) => ({
  status: "ok",
  comms: Object.fromEntries(
    [...comms]
      .filter(([, target]) => target_name === undefined || target === target_name)
      .map(([id, target]) => [id, { target_name: target }]),
  ),
});
