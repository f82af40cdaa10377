import { pythonTests } from "./clients.ts";

await pythonTests("subshells", "subshells.py");
