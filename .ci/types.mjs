// Writes dist/types: the declarations of what a cell or a script imports, `gradbook` and `gradbook/notebook`, and, for the
// editor, those that every notebook knows without a package of its own: TypeScript's library and Node's.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { root } from "./install.mjs";

const declared = join(root, ".cache/types/kernel/kernel");
const packages = join(root, "node_modules");
const target = join(root, "dist/types");

/** Files whose licences have to travel with them, as esbuild names what it bundled. */
export const inputs = ["typescript", "@types/node", "undici-types"].map((name) => `node_modules/${name}/index.d.ts`);

/** Throws when the sources have type errors: what they declare would be wrong. */
export function writeTypes() {
  const tsc = join(packages, "typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-b", "kernel"], { cwd: root, stdio: "inherit" });
  if (status !== 0)
    throw new Error('The declarations could not be made: mend the type errors above ("tsc -b kernel").');
  rmSync(target, { recursive: true, force: true });
  const done = new Set();
  for (const entry of ["gradbook.d.ts", "cellGlobals.d.ts"]) copyOurs(entry, done);
  copyLibrary(join(packages, "typescript/lib"), join(target, "typescript"));
  // Their licences are in dist/licenses.txt.
  const isDeclaration = (file) => !/[\\/]ts\d\.\d$|[\\/]LICENSE$|\.(md|json)$/.test(file);
  for (const [from, to] of [
    ["@types/node", "node"],
    ["undici-types", "undici-types"],
  ]) {
    cpSync(join(packages, from), join(target, to), { recursive: true, filter: isDeclaration });
  }
  writeFileSync(join(target, "webassembly.d.ts"), webAssembly(join(packages, "typescript/lib/lib.dom.d.ts")));
}

/** Copies a declaration and what it imports. The sources import `.ts`; who installs the package finds `.d.ts` by `.js`. */
function copyOurs(file, done) {
  if (done.has(file)) return;
  done.add(file);
  const path = join(declared, file);
  if (!existsSync(path)) throw new Error(`${path} is missing: is the import of it in kernel/ right?`);
  const text = readFileSync(path, "utf8").replace(
    /((?:from|import|declare module)\s*\(?\s*")(\.[^"]*)\.ts"/g,
    (_whole, before, specifier) => {
      copyOurs(posix.join(posix.dirname(file), `${specifier}.d.ts`), done);
      return `${before}${specifier}.js"`;
    },
  );
  mkdirSync(dirname(join(target, file)), { recursive: true });
  writeFileSync(join(target, file), text);
}

/** TypeScript's declarations of the language, without those of browsers and scripts. */
function copyLibrary(from, to) {
  mkdirSync(to, { recursive: true });
  for (const file of readdirSync(from)) {
    if (/^lib\.(es|decorators)[\w.]*\.d\.ts$/.test(file) && !file.endsWith(".full.d.ts"))
      cpSync(join(from, file), join(to, file));
  }
}

/** Node has WebAssembly; TypeScript declares it only together with the DOM. */
function webAssembly(dom) {
  const found = /^declare namespace WebAssembly \{\n[^]*?\n\}\n/m.exec(readFileSync(dom, "utf8"));
  if (!found) throw new Error(`${dom} declares no WebAssembly: find out who does now.`);
  return found[0].replace("{\n", "{\n    type BufferSource = ArrayBufferView<ArrayBuffer> | ArrayBuffer;\n");
}
