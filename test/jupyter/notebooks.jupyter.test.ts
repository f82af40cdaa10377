/** Tools that run notebooks without a window. */
import { pythonTests } from "./clients.ts";

await pythonTests("notebooks by nbclient", "notebooks.py");
