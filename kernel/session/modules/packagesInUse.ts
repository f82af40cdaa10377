/** Packages that are loaded: a newer version of one is on the disk, but the session goes on with the one it has. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { readPackage } from "./resolver.ts";

export class PackagesInUse {
  /** Version by folder. */
  private readonly versions = new Map<string, unknown>();

  note(url: string): void {
    const folder = url.startsWith("file:") ? packageFolder(fileURLToPath(url)) : undefined;
    if (folder !== undefined && !this.versions.has(folder)) this.versions.set(folder, readPackage(folder)?.version);
  }

  /** What to say about those that have changed on the disk since the last time. */
  changed(): string[] {
    const lines: string[] = [];
    for (const [folder, version] of this.versions) {
      const { name, version: now } = readPackage(folder) ?? {};
      if (now === undefined || now === version) continue;
      this.versions.set(folder, now);
      lines.push(
        `${String(name)} ${String(now)} is installed; the session still uses ${String(version)}. Restart the kernel to use the new one.`,
      );
    }
    return lines;
  }
}

function packageFolder(file: string): string | undefined {
  const parts = file.split(path.sep);
  const at = parts.lastIndexOf("node_modules");
  if (at < 0) return undefined;
  return parts.slice(0, at + (parts[at + 1]?.startsWith("@") ? 3 : 2)).join(path.sep);
}
