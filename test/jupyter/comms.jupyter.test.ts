/** Comms and the protocol of widgets, by Jupyter's own client. */
import { pythonTests } from "./clients.ts";

await pythonTests("comms and widgets", "comms.py");
