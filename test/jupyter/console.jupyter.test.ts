/** `jupyter console` in a pseudo terminal. */
import { pythonTests } from "./clients.ts";

await pythonTests("jupyter console", "console.py");
