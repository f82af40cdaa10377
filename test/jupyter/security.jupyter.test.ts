/** Who may talk to the kernel, tried with pyzmq. */
import { pythonTests } from "./clients.ts";

await pythonTests("security", "security.py");
