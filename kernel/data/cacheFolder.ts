import { posix, win32 } from "node:path";

/** What decides where a program keeps files that it can fetch again. */
export interface Surroundings {
  platform: string;
  home: string;
  env: { [name: string]: string | undefined };
}

/**
 * Gradbook's folder in the user's cache: `$XDG_CACHE_HOME` or `~/.cache` (XDG Base Directory specification),
 * `~/Library/Caches` on macOS, `%LOCALAPPDATA%` on Windows; in each, `gradbook`.
 */
export function cacheFolder({ platform, home, env }: Surroundings): string {
  if (platform === "win32") {
    return win32.join(env["LOCALAPPDATA"] || win32.join(home, "AppData", "Local"), "gradbook", "Cache");
  }
  // The specification: a relative path is to be ignored.
  const xdg = env["XDG_CACHE_HOME"];
  if (xdg !== undefined && posix.isAbsolute(xdg)) return posix.join(xdg, "gradbook");
  return posix.join(home, ...(platform === "darwin" ? ["Library", "Caches"] : [".cache"]), "gradbook");
}
