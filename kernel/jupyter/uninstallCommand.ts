/** `gradbook jupyter uninstall`: takes the kernelspec away. */
import path from "node:path";
import { prefixDataFolder, searchedFolders, userDataFolder, activePrefix, type Machine } from "./dataFolders.ts";
import { ourKernelspecs, uninstallKernelspec } from "./kernelspec.ts";
import { withOptions } from "./options.ts";
import { dataFolder } from "./place.ts";

const HELP = `Removes the kernel from where "gradbook jupyter install" with the same options has put it.
`;

/** Runs the command and returns its exit code. */
export function uninstallCommand(argv: readonly string[], machine: Machine): Promise<number> {
  return withOptions({ name: "uninstall", help: HELP }, argv, async ({ place, name }) => {
    const data = await dataFolder(place, machine);
    const removed = await uninstallKernelspec(data, name);
    if (removed === undefined) {
      const found = await others(machine);
      throw new Error([`${data} has no kernel "${name}".${found.length > 0 ? " There is:" : ""}`, ...found].join("\n"));
    }
    process.stdout.write(`Removed ${removed}\n`);
    return 0;
  });
}

/** A command line for each kernelspec of ours that front ends see. */
async function others(machine: Machine): Promise<string[]> {
  const lines: string[] = [];
  for (const data of searchedFolders(machine)) {
    for (const folder of (await ourKernelspecs(data)).keys()) {
      const name = path.basename(folder);
      const place = placeOf(data, machine);
      lines.push(`  ${folder}: ${place === undefined ? "remove this folder" : `uninstall ${place} --name ${name}`}`);
    }
  }
  return lines;
}

function placeOf(data: string, machine: Machine): string | undefined {
  const active = activePrefix(machine);
  if (data === userDataFolder(machine)) return "--user";
  if (active !== undefined && data === prefixDataFolder(active, machine)) return "--sys-prefix";
  const prefix = path.resolve(data, "../..");
  return prefixDataFolder(prefix, machine) === path.resolve(data) ? `--prefix ${JSON.stringify(prefix)}` : undefined;
}
