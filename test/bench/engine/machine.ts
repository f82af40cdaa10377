/** The machine on which a table was made, in words. */
import { readdirSync, readFileSync } from "node:fs";
import os from "node:os";

/** A file of the system, or undefined where this system has none. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
}

/** "48 KB L1d, 2 MB L2, 480 MB L3", where Linux says it. */
function caches(): string {
  const folder = "/sys/devices/system/cpu/cpu0/cache";
  let entries: string[];
  try {
    entries = readdirSync(folder).filter((name) => name.startsWith("index"));
  } catch {
    return "unknown";
  }
  const found = entries.flatMap((entry) => {
    const [level, type, size] = ["level", "type", "size"].map((name) => read(`${folder}/${entry}/${name}`));
    if (type === "Instruction" || size === undefined) return [];
    const kilobytes = Number.parseInt(size);
    const shown = kilobytes >= 1024 ? `${kilobytes / 1024} MB` : `${kilobytes} KB`;
    return [`${shown} L${level}${type === "Data" ? "d" : ""}`];
  });
  return found.join(", ");
}

/** The widest vectors that the processor computes with. */
function vectors(): string {
  const flags = /^flags\s*:(.*)$/m.exec(read("/proc/cpuinfo") ?? "")?.[1]?.split(" ") ?? [];
  const known = ["avx512f", "avx2", "fma"].filter((name) => flags.includes(name));
  return known.length > 0 ? known.join(", ") : os.arch();
}

export function machine(): string {
  const cpus = os.cpus();
  const [lastMinute] = os.loadavg();
  const memory = Math.round(os.totalmem() / 2 ** 30);
  return (
    `${cpus.length} × ${cpus[0]?.model.trim() ?? "unknown processor"} (${vectors()}; ${caches()}), ${memory} GB, ` +
    `${os.type()} ${os.release()} ${os.arch()}, load ${lastMinute!.toFixed(1)} before`
  );
}
