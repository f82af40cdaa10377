/**
 * Our kernel beside ipykernel, by jupyter_client, in one interleaved run: from the start of the process to the reply to
 * `kernel_info_request` and to that of a first cell; cells in a kernel that runs, from the request to reply and idle.
 *
 *     npm run bench jupyter -- [--starts 15] [--cells 400]
 */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { JupyterHome, python } from "../jupyter/clients.ts";

using home = new JupyterHome();
const { status } = spawnSync(python, [path.join(import.meta.dirname, "jupyter.py"), ...process.argv.slice(2)], {
  stdio: "inherit",
  env: home.env,
  cwd: home.folderFor("work"),
});
process.exitCode = status ?? 1;
