/** From the options of a command to the folder of Jupyter's data that they mean. */
import { execFile } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { activePrefix, prefixDataFolder, userDataFolder, type Machine } from "./dataFolders.ts";
import type { Place } from "./options.ts";
import { onPath } from "./onPath.ts";

const ASK_MS = 20_000;

/** Throws an Error that says what to do when --sys-prefix finds no Python. */
export async function dataFolder(place: Place, machine: Machine): Promise<string> {
  switch (place.kind) {
    case "user":
      return path.resolve(userDataFolder(machine));
    case "prefix":
      return prefixDataFolder(path.resolve(place.prefix), machine);
    case "sys-prefix":
      return prefixDataFolder(activePrefix(machine) ?? (await pythonPrefix(machine)), machine);
  }
}

/** `sys.prefix` of the Python that runs the command `jupyter`, or else of the one on the path. */
async function pythonPrefix(machine: Machine): Promise<string> {
  const tried: string[] = [];
  for (const python of pythons(machine)) {
    try {
      const { stdout } = await promisify(execFile)(python, ["-c", "import sys; print(sys.prefix)"], {
        env: { ...machine.env, PYTHONIOENCODING: "utf-8" },
        timeout: ASK_MS,
        windowsHide: true,
      });
      if (stdout.trim() !== "") return stdout.trim();
    } catch (error) {
      tried.push(`${python}: ${(error as Error).message.split("\n")[0]}`);
    }
  }
  throw new Error(
    "--sys-prefix finds no Python environment: none is active (VIRTUAL_ENV, CONDA_PREFIX), and no jupyter or python3 is on the path" +
      (tried.length > 0 ? ` that answers (${tried.join("; ")})` : "") +
      ". Activate the environment first, name its folder with --prefix, or install with --user.",
  );
}

function* pythons(machine: Machine): Generator<string> {
  const windows = machine.platform === "win32";
  const jupyter = onPath("jupyter", machine);
  if (jupyter !== undefined) {
    // Commands that were installed in an environment of their own are links into it.
    const beside = path.join(path.dirname(realpathSync(jupyter)), windows ? "python.exe" : "python3");
    const above = path.join(path.dirname(realpathSync(jupyter)), "..", "python.exe");
    if (existsSync(beside)) yield beside;
    else if (windows && existsSync(above)) yield above;
  }
  for (const name of ["python3", "python"]) {
    const found = onPath(name, machine);
    if (found !== undefined) yield found;
  }
}
