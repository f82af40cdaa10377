// Bundles the product into dist/: one entry per thread of the kernel (ESM), the extension (CommonJS, as VS Code
// requires it) and the notebook renderer (ESM for the webview). `--watch` rebuilds on change.
import { context } from "esbuild";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { licensesText } from "./licenses.mjs";
import { inputs as declarations, writeTypes } from "./types.mjs";
import { writeWheel } from "./wheel.mjs";

const root = new URL("..", import.meta.url).pathname;
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const watch = process.argv.includes("--watch");
/** TypeScript's server looks for its plugins in the extension's node_modules, by the name that package.json gives. */
const plugin = "node_modules/gradbook-typescript-plugin";

const common = {
  absWorkingDir: root,
  bundle: true,
  metafile: true,
  logLevel: "warning",
  legalComments: "none",
  // `import()` with its options in a variable is left as it is, which is what kernel/session wants.
  logOverride: { "unsupported-dynamic-import": "silent" },
  define: { "process.env.GRADBOOK_VERSION": JSON.stringify(version) },
};

/** Entries that exist; an entry is written down here before its file is. */
const present = (entries) => Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(root + file)));

const builds = [
  {
    ...common,
    entryPoints: present({
      main: "kernel/main.ts",
      worker: "kernel/worker.ts",
      languageService: "kernel/languageService.ts",
      cli: "kernel/cli.ts",
      gradbook: "kernel/gradbook.ts",
      cellGlobals: "kernel/cellGlobals.ts",
      mapThread: "kernel/data/mapThread.ts",
      computeThread: "kernel/wasm/computeThread.ts",
      "transport/zeromq": "kernel/transport/zeromq.ts",
      "transport/heartbeatThread": "kernel/transport/heartbeatThread.ts",
    }),
    outdir: "dist/kernel",
    platform: "node",
    target: "node22",
    format: "esm",
    splitting: true,
    external: ["zeromq"],
    // Names stay: they are seen in what cells print. Without the white space there is a third less to read at each start.
    minifyWhitespace: true,
    minifySyntax: true,
    // CommonJS packages inside an ESM bundle (typescript) ask for these.
    banner: {
      js: 'import { createRequire as $createRequire } from "node:module"; import { fileURLToPath as $fileURLToPath } from "node:url"; import { dirname as $dirname } from "node:path"; const require = $createRequire(import.meta.url); const __filename = $fileURLToPath(import.meta.url); const __dirname = $dirname(__filename);',
    },
  },
  {
    ...common,
    // Copied to where Jupyter looks, without anything beside it; also an old Node must be able to read it.
    entryPoints: { start: "kernel/jupyter/start.ts" },
    outdir: "dist/kernel/jupyter",
    platform: "node",
    target: "node14.8",
    format: "esm",
  },
  {
    ...common,
    entryPoints: present({ main: "extension/main.ts" }),
    outdir: "dist/extension",
    outExtension: { ".js": ".cjs" },
    platform: "node",
    target: "node22",
    format: "cjs",
    external: ["vscode"],
  },
  {
    ...common,
    entryPoints: present({ index: "extension/typescriptPlugin/main.ts" }),
    outdir: plugin,
    platform: "node",
    target: "es2022",
    format: "cjs",
    // The server wants the factory itself.
    footer: { js: "module.exports = module.exports.default;" },
  },
  {
    ...common,
    entryPoints: present({ main: "media/renderer/main.ts" }),
    outdir: "dist/renderer",
    platform: "browser",
    target: "es2022",
    format: "esm",
    minify: true,
  },
  {
    ...common,
    entryPoints: present({ liveFigure: "media/jupyter/main.ts" }),
    outdir: "dist/jupyter",
    platform: "browser",
    target: "es2022",
    format: "iife",
    minify: true,
    // It stands in every frame of a figure, and is to be evaluated once.
    banner: { js: "if(!globalThis.gradbookLive1){" },
    footer: { js: "}" },
  },
];

if (!watch) rmSync(root + "dist", { recursive: true, force: true });
mkdirSync(root + plugin, { recursive: true });
const described = { name: plugin.split("/")[1], version, private: true, main: "index.js", type: "commonjs" };
writeFileSync(`${root}${plugin}/package.json`, JSON.stringify(described));
const inputs = [...declarations];
for (const build of builds) {
  if (Object.keys(build.entryPoints).length === 0) continue;
  const ctx = await context(build);
  const { metafile } = await ctx.rebuild();
  inputs.push(...Object.keys(metafile.inputs));
  if (watch) await ctx.watch();
  else await ctx.dispose();
}
mkdirSync(root + "dist/media", { recursive: true });
// The kernel's pictures for Jupyter.
for (const logo of ["icon.svg", "logo-32x32.png", "logo-64x64.png"]) {
  copyFileSync(`${root}media/${logo}`, `${root}dist/media/${logo}`);
}
writeWheel(root, version);
writeFileSync(root + "dist/licenses.txt", licensesText(root, inputs));
// The editor's service reads them; they need not follow every change.
writeTypes();
