/** The kernel testbed of the runtimed project, restated. */
import { pythonTests } from "./clients.ts";

await pythonTests("kernel-testbed", "testbed.py");
