import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { checks, type Finding, type Surroundings } from "../../kernel/jupyter/checks.ts";
import { reportLines } from "../../kernel/jupyter/doctor.ts";

describe("gradbook doctor", function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), "gradbook-"))));
  afterEach(() => rm(folder, { recursive: true }));

  const surroundings = (changes: Partial<Surroundings> = {}): Surroundings => ({
    kernelPath: path.resolve(import.meta.dirname, "../../kernel/main.ts"),
    machine: { platform: process.platform, home: folder, env: process.env },
    cacheFolder: path.join(folder, "cache"),
    dataFolders: [path.join(folder, "data"), path.join(folder, "cache")],
    typescriptVersion: "6.0.3",
    ...changes,
  });
  const look = async (name: string, changes?: Partial<Surroundings>): Promise<Finding> => {
    const check = checks.find((each) => each.name === name);
    assert.ok(check, `no check is called "${name}"`);
    return check.look(surroundings(changes));
  };

  it("what must work for the kernel works on the Node of the tests", async () => {
    for (const { name, needed } of checks) if (needed) assert.equal((await look(name)).ok, true, name);
    for (const name of ["WebAssembly SIMD", "relaxed SIMD", "threads"]) assert.equal((await look(name)).ok, true, name);
  });

  it("a kernel that does not start is found, with what it printed", async () => {
    await writeFile(path.join(folder, "broken.mjs"), "throw new Error('cannot start here');");
    const { ok, found, advice } = await look("kernel", { kernelPath: path.join(folder, "broken.mjs") });
    assert.equal(ok, false);
    assert.match(found, /cannot start here/);
    assert.match(advice!, /GRADBOOK_RUNTIME/);
  });

  it("MNIST is found in the first folder that has its four files, packed or not", async () => {
    const { ok, advice } = await look("MNIST");
    assert.deepEqual([ok, /put the four files there/.test(advice!)], [false, true]);
    const mnist = path.join(folder, "data/mnist");
    await mkdir(mnist, { recursive: true });
    for (const name of ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte", "t10k-images.idx3-ubyte"]) {
      await writeFile(path.join(mnist, name), "");
    }
    assert.equal((await look("MNIST")).ok, false, "one of the four is missing");
    await writeFile(path.join(mnist, "t10k-labels-idx1-ubyte.gz"), "");
    assert.deepEqual(await look("MNIST"), { ok: true, found: mnist });
  });

  it("a cache folder that cannot be made is found", async () => {
    await writeFile(path.join(folder, "file"), "");
    await chmod(path.join(folder, "file"), 0o444);
    const { ok, advice } = await look("cache folder", { cacheFolder: path.join(folder, "file/cache") });
    assert.deepEqual([ok, /GRADBOOK_DATA/.test(advice!)], [false, true]);
    assert.deepEqual(await look("cache folder"), { ok: true, found: path.join(folder, "cache") });
  });

  it("a line says whether it works, and the next one what to do if not", () => {
    const check = { name: "x", needed: true, look: () => ({ ok: true, found: "" }) };
    assert.deepEqual(reportLines(check, { ok: true, found: "fine", advice: "unused" }), [
      "✔ x                    fine",
    ]);
    assert.deepEqual(reportLines(check, { ok: false, found: "none", advice: "get one" }), [
      "✘ x                    none",
      "                       → get one",
    ]);
    assert.match(reportLines({ ...check, needed: false }, { ok: false, found: "none" })[0]!, /^– x/);
  });
});
