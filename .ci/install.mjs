// Installs the packages of package-lock.json when they are missing or stale. Runs on Node 20 before anything is there,
// so it needs no package.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
const bin = join(root, "node_modules/node/bin");
/** The Node that runs everything of ours: the one of devDependencies, whatever started this. */
export const node = join(bin, process.platform === "win32" ? "node.exe" : "node");
/** The environment for children: that Node, and the commands of the packages, come first. */
export const environment = {
  ...process.env,
  PATH: [bin, join(root, "node_modules/.bin"), process.env.PATH].join(delimiter),
};

/** What is missing or has another version than package-lock.json says; undefined when all is there. */
export function whatIsStale() {
  // npm writes down there what it has really installed.
  const list = join(root, "node_modules/.package-lock.json");
  if (!existsSync(list)) return "nothing is installed";
  const packages = (file) => JSON.parse(readFileSync(file, "utf8")).packages;
  const installed = packages(list);
  for (const [path, { version, optional }] of Object.entries(packages(join(root, "package-lock.json")))) {
    if (path === "" || optional) continue;
    const found = installed[path]?.version;
    if (found !== version)
      return `${path.replace(/^.*node_modules\//, "")} is ${found ?? "missing"}, ${version} is wanted`;
  }
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const answered = spawnSync(node, ["--version"], { encoding: "utf8" }).stdout?.trim();
  if (answered !== `v${devDependencies.node}`)
    return `node_modules/node is ${answered ?? "not a program"}, v${devDependencies.node} is wanted`;
  return undefined;
}

/** Brings node_modules to what package-lock.json says. Throws, saying what to do, when npm cannot. */
export function install() {
  const stale = whatIsStale();
  if (stale === undefined) return;
  console.error(`Installing the packages (npm ci): ${stale}.`);
  const { status, error } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (status !== 0) {
    throw new Error(
      `npm ci failed (${error?.message ?? `exit ${status}`}). It needs npm and its registry: npm config get registry.`,
    );
  }
  const left = whatIsStale();
  if (left === undefined) return;
  throw new Error(
    `npm ci ended well, and yet ${left}. The package "node" brings its program by an install script: npm must be ` +
      `allowed to run it (allowScripts in package.json; ignore-scripts must be off: npm config get ignore-scripts).`,
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    install();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
