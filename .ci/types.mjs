// Writes the declarations of what a cell or a script imports, `gradbook` and `gradbook/notebook`, to dist/types.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { root } from "./install.mjs";

const declared = join(root, ".cache/types/kernel/kernel");
const target = join(root, "dist/types");

const tsc = join(root, "node_modules/typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [tsc, "-b", "kernel"], { cwd: root, stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

rmSync(target, { recursive: true, force: true });
const done = new Set();
/** Copies a declaration and what it imports. The sources import `.ts`; who installs the package finds `.d.ts` by `.js`. */
function copy(file) {
  if (done.has(file)) return;
  done.add(file);
  const path = join(declared, file);
  if (!existsSync(path)) throw new Error(`${path} is missing: is the import of it in kernel/ right?`);
  const text = readFileSync(path, "utf8").replace(
    /((?:from|import|declare module)\s*\(?\s*")(\.[^"]*)\.ts"/g,
    (_whole, before, specifier) => {
      copy(posix.join(posix.dirname(file), `${specifier}.d.ts`));
      return `${before}${specifier}.js"`;
    },
  );
  mkdirSync(dirname(join(target, file)), { recursive: true });
  writeFileSync(join(target, file), text);
}
for (const entry of ["gradbook.d.ts", "cellGlobals.d.ts"]) copy(entry);
