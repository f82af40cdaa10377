import { accessSync, constants, statSync } from "node:fs";
import path from "node:path";
import type { Machine } from "./dataFolders.ts";

/** Every place of the search path that has this program, the first first. */
export function* allOnPath(program: string, { platform, env }: Pick<Machine, "platform" | "env">): Generator<string> {
  const windows = platform === "win32";
  const names = windows ? [".exe", ".cmd", ".bat"].map((ending) => program + ending) : [program];
  // Windows' variable is called "Path", and a copy of the environment is no longer blind to case.
  const folders = env["PATH"] ?? env["Path"] ?? "";
  for (const folder of folders.split(windows ? ";" : ":")) {
    if (folder === "") continue;
    for (const name of names) {
      const file = path.resolve(folder, name);
      if (isProgram(file)) yield file;
    }
  }
}

export function onPath(program: string, machine: Pick<Machine, "platform" | "env">): string | undefined {
  return allOnPath(program, machine).next().value ?? undefined;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
