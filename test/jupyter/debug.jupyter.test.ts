import { pythonTests } from "./clients.ts";

await pythonTests("the debugger of Jupyter front ends", "debug.py");
