/**
 * Where Jupyter looks for kernels.
 *
 * Source: jupyter_core 5.9, `paths.py` (jupyter_data_dir, SYSTEM_JUPYTER_PATH), and "Data files" in its documentation.
 */
import path from "node:path";

export interface Machine {
  platform: NodeJS.Platform;
  home: string;
  env: { readonly [name: string]: string | undefined };
}

/** The user's own folder of Jupyter's data. */
export function userDataFolder({ platform, home, env }: Machine): string {
  const { join } = pathsOf(platform);
  const named = env["JUPYTER_DATA_DIR"];
  if (named) return named;
  const byPlatform = isSet(env["JUPYTER_PLATFORM_DIRS"]);
  switch (platform) {
    case "darwin":
      return byPlatform ? join(home, "Library", "Application Support", "Jupyter") : join(home, "Library", "Jupyter");
    case "win32":
      if (byPlatform) return join(env["LOCALAPPDATA"] || join(home, "AppData", "Local"), "Jupyter");
      return env["APPDATA"]
        ? join(env["APPDATA"], "jupyter")
        : join(env["JUPYTER_CONFIG_DIR"] || join(home, ".jupyter"), "data");
    default:
      return join(env["XDG_DATA_HOME"] || join(home, ".local", "share"), "jupyter");
  }
}

/** The same below an installation: of Python, of a virtual environment, of conda. */
export function prefixDataFolder(prefix: string, { platform }: Pick<Machine, "platform">): string {
  return pathsOf(platform).join(prefix, "share", "jupyter");
}

/** The environment that is active in this shell, if any. */
export function activePrefix({ env }: Pick<Machine, "env">): string | undefined {
  return env["VIRTUAL_ENV"] || env["CONDA_PREFIX"] || undefined;
}

/** Every folder of data in which front ends of this shell look, the first first; without those of a Python that is not active. */
export function searchedFolders(machine: Machine): string[] {
  const { env, platform } = machine;
  const { delimiter, join } = pathsOf(platform);
  const named = (env["JUPYTER_PATH"] ?? "").split(delimiter).filter((each) => each !== "");
  const active = activePrefix(machine);
  // Of Windows' folder for all users Jupyter takes programs only where it was told to: anybody may write there.
  const programData = isSet(env["JUPYTER_USE_PROGRAMDATA"]) ? env["PROGRAMDATA"] : undefined;
  const system =
    platform === "win32"
      ? programData
        ? [join(programData, "jupyter")]
        : []
      : ["/usr/local/share/jupyter", "/usr/share/jupyter"];
  return [
    ...new Set([...named, ...(active ? [prefixDataFolder(active, machine)] : []), userDataFolder(machine), ...system]),
  ];
}

/** As jupyter_core reads switches. */
function isSet(value: string | undefined): boolean {
  return value !== undefined && !["no", "n", "false", "off", "0", "0.0"].includes(value.toLowerCase());
}

const pathsOf = (platform: NodeJS.Platform): path.PlatformPath => (platform === "win32" ? path.win32 : path.posix);
