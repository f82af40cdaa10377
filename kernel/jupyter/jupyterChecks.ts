/** What a front end of Jupyter needs before it can run the kernel, in the order in which it needs it. */
import { execFile } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import type { Check, Finding, JupyterSurroundings } from "./checks.ts";
import { searchedFolders, type Machine } from "./dataFolders.ts";
import { ourKernelspecs, type Kernelspec } from "./kernelspec.ts";
import { onPath } from "./onPath.ts";
import { tryKernelspec } from "./tryKernelspec.ts";

const ASK_MS = 30_000;
const INSTALL = "npx gradbook jupyter install";

export const jupyterChecks: readonly Check<JupyterSurroundings>[] = [
  {
    name: "ZeroMQ",
    needed: true,
    async look() {
      try {
        const { version, curve } = (await import("../transport/probe.ts")).zeromqBuild();
        const encrypted = curve ? "with CurveZMQ" : "without CurveZMQ: connection files that ask for it are refused";
        return { ok: true, found: `libzmq ${version}, ${encrypted}` };
      } catch (error) {
        return {
          ok: false,
          found: (error as Error).message.split("\n")[0]!,
          advice:
            "Only Jupyter front ends need it; VS Code and gradbook run do not. It comes with the npm package: npm install gradbook",
        };
      }
    },
  },
  {
    name: "Jupyter kernelspec",
    needed: true,
    async look({ machine }) {
      const found = await installed(machine);
      const broken = [...found].flatMap(([folder, spec]) => missing(folder, spec));
      if (found.size === 0) {
        const searched = searchedFolders(machine).map((data) => path.join(data, "kernels"));
        return { ok: false, found: `none in ${searched.join(", ")}`, advice: `Install one: ${INSTALL}` };
      }
      if (broken.length > 0) {
        return { ok: false, found: broken.join("\n"), advice: `Install it again, with the same options: ${INSTALL}` };
      }
      const lines = [...found].map(([folder, { metadata, argv }]) => {
        const { version = "", cli = "", node = argv[0] } = metadata.gradbook ?? {};
        const where = path.isAbsolute(cli) ? "" : ", a copy of its own";
        return `${folder} (${version}${where}, ${node})`;
      });
      return { ok: true, found: lines.join("\n") };
    },
  },
  {
    name: "Jupyter kernel",
    needed: true,
    async look({ machine }) {
      const found = await installed(machine);
      if (found.size === 0) return { ok: false, found: "nothing to start" };
      const lines: string[] = [];
      for (const [folder, spec] of found) {
        const tried = await tryKernelspec(folder, spec, machine);
        if (!tried.ok) return tried;
        lines.push(found.size === 1 ? tried.found : `${path.basename(folder)}: ${tried.found}`);
      }
      return { ok: true, found: lines.join("\n") };
    },
  },
  {
    name: "Jupyter",
    needed: false,
    look: ({ machine }) => frontEnd(machine),
  },
];

/** Kernelspecs of ours by folder, those that front ends prefer first. */
async function installed(machine: Machine): Promise<Map<string, Kernelspec>> {
  const all = await Promise.all(searchedFolders(machine).map(ourKernelspecs));
  return new Map(all.flatMap((found) => [...found]));
}

/** What a kernelspec names and what is not there any more. */
function missing(folder: string, { argv, metadata }: Kernelspec): string[] {
  const { cli, node } = metadata.gradbook!;
  const files = [argv[0], argv.at(-2), node, path.resolve(folder, cli)];
  return [...new Set(files)]
    .filter((file) => file !== undefined && path.isAbsolute(file) && !existsSync(file))
    .map((file) => `${folder} names ${file}, which is not there`);
}

/** Whether the `jupyter` of this shell would show the kernel. */
async function frontEnd(machine: Machine): Promise<Finding> {
  const jupyter = onPath("jupyter", machine);
  if (jupyter === undefined) {
    const advice = "Activate the environment that has it, or install it: pip install jupyterlab. VS Code needs none.";
    return { ok: false, found: "no jupyter on the path", advice };
  }
  let kernelspecs: { [name: string]: { resource_dir: string } };
  try {
    const { stdout } = await promisify(execFile)(jupyter, ["kernelspec", "list", "--json"], {
      timeout: ASK_MS,
      windowsHide: true,
      // For pipes Python takes the encoding of the system, which may not have every character of a path.
      env: { ...machine.env, PYTHONUTF8: "1" },
      shell: /\.(cmd|bat)$/i.test(jupyter),
    });
    ({ kernelspecs } = JSON.parse(stdout) as { kernelspecs: typeof kernelspecs });
  } catch (error) {
    const found = `${jupyter} kernelspec list failed: ${(error as Error).message.trim().split("\n").at(-1)}`;
    return { ok: false, found, advice: "Mend that Jupyter, or install it anew: pip install jupyterlab" };
  }
  const known = await installed(machine);
  const real = (folder: string): string => (existsSync(folder) ? realpathSync(folder) : folder);
  const seen = new Set(Object.values(kernelspecs).map(({ resource_dir }) => real(resource_dir)));
  const shown = [...known.keys()].filter((folder) => seen.has(real(folder)));
  if (shown.length > 0)
    return { ok: true, found: `${jupyter} shows ${shown.map((each) => path.basename(each)).join(", ")}` };
  const theirs = kernelspecs["gradbook"]?.resource_dir;
  const found = `${jupyter} shows ${theirs === undefined ? "no kernel of Gradbook" : `another kernel "gradbook", in ${theirs}`}`;
  // Where none is installed, that is what is to be done first.
  if (known.size === 0) return { ok: false, found };
  return {
    ok: false,
    found,
    advice: `It looks in other folders than these. ${INSTALL} --sys-prefix puts the kernel beside it.`,
  };
}
