/** The rules that kernels break most often, by a front end that validates everything it gets. */
import { pythonTests } from "./clients.ts";

await pythonTests("the rules of the protocol", "rules.py");
