/** `gradbook jupyter install`: makes the kernel known to Jupyter. Needs no Python. */
import path from "node:path";
import { searchedFolders, type Machine } from "./dataFolders.ts";
import { installKernelspec, LOGOS, type KernelspecSources } from "./kernelspec.ts";
import { withOptions, type Place } from "./options.ts";
import { isPassing, packageOf } from "./package.ts";
import { dataFolder } from "./place.ts";
import { stableRuntime } from "./stableRuntime.ts";

const HELP = `Makes the kernel known to JupyterLab, Notebook and their relatives, as "Gradbook (TypeScript)".
`;
/** Node 22 needs one more, which Node 24 refuses; the kernel starts itself anew with it. */
const FLAGS = ["--no-force-async-hooks-checks"];

/** Runs the command and returns its exit code. */
export function installCommand(argv: readonly string[], kernelPath: string, machine: Machine): Promise<number> {
  return withOptions({ name: "install", help: HELP }, argv, async ({ place, name }) => {
    const data = await dataFolder(place, machine);
    const sources = await sourcesOf(kernelPath, machine);
    let found: Awaited<ReturnType<typeof installKernelspec>>;
    try {
      found = await installKernelspec(data, name, sources);
    } catch (error) {
      throw explained(error as NodeJS.ErrnoException, place);
    }
    process.stdout.write(
      `${found.replaced ? "Replaced" : "Installed"} the kernel "${name}" in ${found.folder}\n${told(sources)}`,
    );
    if (place.kind === "prefix" && !searchedFolders(machine).includes(data)) {
      process.stdout.write(
        `Front ends that are installed below ${path.resolve(place.prefix)} look there; others with JUPYTER_PATH=${data}\n`,
      );
    }
    process.stdout.write('"npx gradbook jupyter doctor" looks whether all is well; then: jupyter lab\n');
    return 0;
  });
}

async function sourcesOf(kernelPath: string, machine: Machine): Promise<KernelspecSources> {
  let curve: boolean;
  try {
    curve = (await import("../transport/probe.ts")).zeromqBuild().curve;
  } catch (error) {
    throw new Error(
      `the package zeromq, by which the kernel talks with front ends, cannot be loaded: ${(error as Error).message.split("\n")[0]} ` +
        "Install gradbook again; on a platform without a prebuilt zeromq, that needs a C++ compiler and CMake.",
      { cause: error },
    );
  }
  const installed = packageOf(kernelPath);
  const extension = path.extname(kernelPath);
  // media beside the kernel's folder; dist/media in the build.
  const media = path.resolve(path.dirname(kernelPath), "../media");
  const [small, large, svg] = LOGOS;
  return {
    package: installed,
    copy: isPassing(installed.root),
    runtime: process.env["GRADBOOK_RUNTIME"] || stableRuntime(process.execPath, machine),
    flags: FLAGS,
    platform: machine.platform,
    curve,
    startPath: path.join(path.dirname(kernelPath), "jupyter", "start" + extension),
    logos: {
      [small]: path.join(media, small),
      [large]: path.join(media, large),
      [svg]: path.join(media, "icon.svg"),
    } as KernelspecSources["logos"],
  };
}

function told({ package: { root, version }, copy, runtime }: KernelspecSources): string {
  return copy
    ? `It has a copy of gradbook ${version} there, because what npx fetches goes some day; it runs on ${runtime}\n` +
        "For a newer version: npx gradbook@latest jupyter install\n"
    : `It runs gradbook ${version} from ${root}, also after an update, on ${runtime}\n`;
}

function explained(error: NodeJS.ErrnoException, place: Place): Error {
  if (!["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST"].includes(error.code ?? "")) return error;
  const instead =
    place.kind === "user"
      ? "Make that folder yours and writable, or name another one with --prefix or JUPYTER_DATA_DIR."
      : "Install with --user, name a folder of yours with --prefix, or run it as somebody who may write there.";
  return new Error(`${error.path ?? "the folder"} cannot be written (${error.code}). ${instead}`, { cause: error });
}
