/** How a kernel lives and ends beside real clients. */
import { pythonTests } from "./clients.ts";

await pythonTests("the kernel's process", "processes.py");
