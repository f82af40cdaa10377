/** The packages that the notebook's package.json names: their names can be completed before anything imports them. */
import path from "node:path";
import type { DiskFiles } from "./diskFiles.ts";

/** With more of them, reading all types would cost more than it helps; TypeScript's own server stops there too. */
const MOST = 10;

/** Of the nearest package.json of a folder, or of one above it. Empty when there is none, or too many. */
export function dependenciesOf(folder: string, disk: DiskFiles): string[] {
  for (let at = folder; ; at = path.posix.dirname(at)) {
    const file = path.posix.join(at, "package.json");
    if (disk.exists(file)) {
      const names = Object.keys(read(disk.read(file) ?? "").dependencies ?? {});
      return names.length > MOST ? [] : names.filter((name) => !name.startsWith("@types/") && name !== "gradbook");
    }
    if (path.posix.dirname(at) === at) return [];
  }
}

function read(text: string): { dependencies?: object } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    // Somebody is writing it.
    return {};
  }
}
