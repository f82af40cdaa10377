import { RequestFailed } from "../requestFailed.ts";
import type { Handler } from "../handler.ts";

/** Where the kernel listens. Front ends know it from the connection file; old ones ask. */
export const connect: Handler<"connect_request"> = (_content, { ports }) => {
  if (Object.keys(ports).length > 0) return { status: "ok", ...ports };
  const evalue = "connect_request: this kernel talks over the channel to its parent process and has no sockets.";
  throw new RequestFailed({ ename: "Error", evalue, traceback: [`Error: ${evalue}`] });
};
