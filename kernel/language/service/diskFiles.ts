/** Files on the disk, each with the version that the service was last told of: a change is seen when `refresh` has looked. */
import { readFileSync, statSync } from "node:fs";

export class DiskFiles {
  /** Those that never change while the kernel runs. */
  readonly isFixed: (file: string) => boolean;
  private readonly versions = new Map<string, string>();

  constructor(isFixed: (file: string) => boolean) {
    this.isFixed = isFixed;
  }

  version(file: string): string {
    if (this.isFixed(file)) return "1";
    let version = this.versions.get(file);
    if (version === undefined) this.versions.set(file, (version = look(file)));
    return version;
  }

  /** Whether a file that somebody asked about is another one, is gone, or has come. */
  refresh(): boolean {
    let changed = false;
    for (const [file, version] of this.versions) {
      const now = look(file);
      if (now === version) continue;
      this.versions.set(file, now);
      changed = true;
    }
    return changed;
  }

  readonly exists = (file: string): boolean => (isPackage(file) ? this.version(file) : look(file)) !== "";

  readonly read = (file: string): string | undefined => {
    // What is read from it is kept elsewhere: whether it changed has to be known here.
    if (isPackage(file)) this.version(file);
    try {
      return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
    } catch {
      return undefined;
    }
  };
}

function isPackage(file: string): boolean {
  return file.endsWith("/package.json");
}

/** "" when there is no such file. */
function look(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat?.isFile() ? `${stat.mtimeMs}.${stat.size}` : "";
}
