/** What is inside the packages that users get: the .vsix that `npm run package` wrote, and the npm tarball. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startKernel } from "../../kernel/client/startKernel.ts";
import { cellByJupyter } from "./cellByJupyter.ts";
import type { LanguageRequest } from "../../kernel/protocol/language.ts";

const root = path.resolve(import.meta.dirname, "../..");
const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { version: string };
const vsix = path.join(root, `gradbook-${version}.vsix`);
const MB = 2 ** 20;

/** Chunks that the bundler cuts and names as one entry. */
const anyChunk = (names: string[]) =>
  [...new Set(names.map((name) => name.replace(/[\w.]+-[A-Z0-9]{8}\.js$/, "*-*.js")))].sort();
/** All declarations as one entry: there is one for each source file. */
const anyType = (names: string[]) => [
  ...new Set(names.map((name) => name.replace(/^dist\/types\/.*\.d\.ts$/, "dist/types/**.d.ts"))),
];

const KERNEL = [
  "dist/kernel/*-*.js",
  "dist/kernel/cellGlobals.js",
  "dist/kernel/cli.js",
  "dist/kernel/computeThread.js",
  "dist/kernel/gradbook.js",
  "dist/kernel/languageService.js",
  "dist/kernel/main.js",
  "dist/kernel/mapThread.js",
  "dist/kernel/worker.js",
  "dist/licenses.txt",
  "dist/types/**.d.ts",
];

/** Only in the npm package. */
const JUPYTER = [
  "dist/jupyter/liveFigure.js",
  "dist/kernel/jupyter/start.js",
  "dist/kernel/transport/heartbeatThread.js",
  "dist/kernel/transport/zeromq.js",
  "dist/media/icon.svg",
  "dist/media/logo-32x32.png",
  "dist/media/logo-64x64.png",
  `dist/papermill/gradbook_papermill-${version}-py3-none-any.whl`,
];

describe("the bundled library", () => {
  it("calls functions as it exports them", async () => {
    const file = path.join(root, "dist/kernel/gradbook.js");
    const { ones, nn } = (await import(file)) as typeof import("../../kernel/gradbook.ts");
    assert.deepEqual(
      [ones.name, nn.init.ones.name, nn.Module.name, nn.Linear.name],
      ["ones", "ones", "Module", "Linear"],
    );
  });
});

describe("the .vsix", () => {
  before(() => assert.ok(existsSync(vsix), `${vsix} is missing. Run "npm run package" first.`));

  it("holds these files and no others", () => {
    const names = zipNames(readFileSync(vsix))
      .filter((name) => name.startsWith("extension/"))
      .map((name) => name.slice("extension/".length));
    const expected = [
      "LICENSE.txt",
      "changelog.md",
      "dist/extension/main.cjs",
      ...KERNEL,
      "dist/renderer/main.js",
      "media/icon.png",
      "media/notebooks/01-optimizers-on-mnist.ipynb",
      "media/screenshot.png",
      "node_modules/gradbook-typescript-plugin/index.js",
      "node_modules/gradbook-typescript-plugin/package.json",
      "package.json",
      "readme.md",
    ];
    assert.deepEqual(anyChunk(anyType(names)), expected.sort());
  });

  it("holds no native module and no source", () => {
    const names = zipNames(readFileSync(vsix));
    assert.deepEqual(
      names.filter((name) =>
        /\.(node|so|dll|dylib|wasm)$|zeromq|node_modules\/(?!gradbook-)|(?<!\.d)\.ts$|\.map$/.test(name),
      ),
      [],
    );
  });

  it("is smaller than 6 MB", () => assert.ok(statSync(vsix).size < 6 * MB, `${statSync(vsix).size} bytes`));
});

describe("the npm package", function () {
  this.timeout(120_000);
  let folder: string;
  let tarball: { filename: string; size: number; files: { path: string }[] };
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "gradbook-pack-"));
    // --ignore-scripts: what is there has been built already, and prepack would build it once more.
    const printed = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    const packed = JSON.parse(printed) as (typeof tarball)[] | Record<string, typeof tarball>;
    tarball = Object.values(packed)[0]!;
  });
  after(() => rmSync(folder, { recursive: true }));

  it("holds these files and no others", () => {
    const names = tarball.files.map((file) => file.path);
    assert.deepEqual(
      anyChunk(anyType(names)),
      ["CHANGELOG.md", "LICENSE", "README.md", ...KERNEL, ...JUPYTER, "package.json"].sort(),
    );
  });

  it("is smaller than 4 MB", () => assert.ok(tarball.size < 4 * MB, `${tarball.size} bytes`));

  it("installed in an empty folder: gradbook runs, and a script trains with the library", () => {
    writeFileSync(path.join(folder, "package.json"), "{}");
    const inFolder = (command: string, ...args: string[]) =>
      execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    inFolder(
      "npm",
      "install",
      "--no-audit",
      "--no-fund",
      "--ignore-scripts",
      // The engine of Jupyter's sockets comes from where the other packages came from; npm has it already.
      "--prefer-offline",
      path.join(folder, path.basename(tarball.filename)),
    );
    assert.equal(inFolder(process.execPath, "node_modules/gradbook/dist/kernel/cli.js", "--version"), `${version}\n`);
    const cell = {
      cell_type: "code",
      id: "a",
      metadata: {},
      source: "import { tensor } from 'gradbook'; console.log(tensor([1, 2]).sum().item())",
      outputs: [],
      execution_count: null,
    };
    writeFileSync(
      path.join(folder, "n.ipynb"),
      JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell] }),
    );
    assert.equal(inFolder(process.execPath, "node_modules/.bin/gradbook", "run", "n.ipynb"), "3\n");
    writeFileSync(
      path.join(folder, "train.mjs"),
      "import { tensor } from 'gradbook'; const x = tensor([3], { requiresGrad: true }); x.mul(x).sum().backward(); console.log(x.grad.item())",
    );
    assert.equal(inFolder(process.execPath, "train.mjs"), "6\n");
  });

  it("installed, it makes itself known to Jupyter, and a front end runs a cell; from npx's cache by a copy", async () => {
    // As npx lays it out.
    const cache = path.join(folder, "_npx", "1a2b");
    mkdirSync(cache, { recursive: true });
    renameSync(path.join(folder, "node_modules"), path.join(cache, "node_modules"));
    const prefix = path.join(folder, "my ü");
    const install = (from: string): string =>
      execFileSync("npx", ["--no-install", "gradbook", "jupyter", "install", "--prefix", prefix], {
        cwd: from,
        encoding: "utf8",
      });
    try {
      writeFileSync(path.join(cache, "package.json"), "{}");
      assert.match(install(cache), /^Installed the kernel "gradbook" in .*\nIt has a copy of gradbook /);
    } finally {
      renameSync(path.join(cache, "node_modules"), path.join(folder, "node_modules"));
    }
    const spec = path.join(prefix, "share/jupyter/kernels/gradbook");
    const files = readdirSync(spec, { recursive: true, encoding: "utf8" }).map((name) =>
      statSync(path.join(spec, name)),
    );
    const size = files.reduce((sum, file) => sum + file.size, 0);
    assert.ok(size < 35 * MB, `${size} bytes, more than the build and zeromq for one platform`);
    assert.equal(await cellByJupyter(spec, "import { tensor } from 'gradbook'; tensor([1, 2]).sum().item()"), "3");
    assert.match(install(folder), /^Replaced the kernel "gradbook" .*\nIt runs gradbook .* also after an update/);
    assert.ok(!existsSync(path.join(spec, "package")), "the copy goes when it is needed no more");
    assert.equal(await cellByJupyter(spec, "6 * 7"), "42");
  });

  it("installed, every class says its own name: the bundler renames some", () => {
    const script = `const seen = new Set(), wrong = [];
      const walk = (object, place) => {
        for (const key of Object.keys(object)) {
          const value = object[key];
          if (value === null || !/object|function/.test(typeof value) || seen.has(value)) continue;
          seen.add(value);
          if (String(value).startsWith("class ") && value.name !== key) wrong.push(place + key + " says " + value.name);
          if (Object.prototype.toString.call(value) === "[object Object]" && place.length < 30) walk(value, place + key + ".");
        }
      };
      walk(await import("gradbook"), "");
      console.log(seen.size > 100, wrong.join());`;
    writeFileSync(path.join(folder, "names.mjs"), script);
    assert.equal(execFileSync(process.execPath, ["names.mjs"], { cwd: folder, encoding: "utf8" }), "true \n");
  });

  it("installed, it tells an editor about the library, Node and WebAssembly from what is inside", async () => {
    const kernelPath = path.join(folder, "node_modules/gradbook/dist/kernel/main.js");
    const kernel = startKernel({ kernelPath, cwd: folder, onPublication: () => {} });
    const ask = async (method: string, params: object): Promise<unknown> => {
      const reply = await kernel.request("gradbook_language_request", { method, params } as LanguageRequest).reply;
      assert.equal(reply.status, "ok", JSON.stringify(reply));
      return (reply as { result: unknown }).result;
    };
    const text = `import { tensor } from "gradbook";
import { readFileSync } from "node:fs";
display(tensor([1]).sum().item().toFixed() + readFileSync("x", "utf8").length);
new WebAssembly.Module(new Uint8Array()); fetch("x"); Array.fromAsync([]); document;`;
    await ask("notebook/open", { cells: [{ uri: "a", text }] });
    const found = (await ask("notebook/diagnostics", {})) as { a: { message: string }[] };
    assert.deepEqual(
      found.a.map(({ message }) => message),
      ["Cannot find name 'document'. Cells run in Node, which has no DOM."],
    );
    const at = { textDocument: { uri: "a" }, position: { line: 0, character: 11 } };
    const hover = (await ask("textDocument/hover", at)) as { contents: { value: string } };
    assert.match(hover.contents.value, /tensor\(/);
    await kernel.shutdown();
  });
});

/** Names in a zip file, from its central directory (APPNOTE 4.3.12). */
function zipNames(bytes: Buffer): string[] {
  const end = bytes.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  const names: string[] = [];
  for (let n = bytes.readUInt16LE(end + 10), at = bytes.readUInt32LE(end + 16); n > 0; n--) {
    const [name, extra, comment] = [
      bytes.readUInt16LE(at + 28),
      bytes.readUInt16LE(at + 30),
      bytes.readUInt16LE(at + 32),
    ];
    names.push(bytes.toString("utf8", at + 46, at + 46 + name));
    at += 46 + name + extra + comment;
  }
  return names;
}
