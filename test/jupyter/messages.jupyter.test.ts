/** Single messages, by a front end that validates everything it gets. */
import { pythonTests } from "./clients.ts";

await pythonTests("single messages", "messages.py");
