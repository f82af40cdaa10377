import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as data from "../../../kernel/data/index.ts";
import { cacheFolder } from "../../../kernel/data/cacheFolder.ts";
import { idxBytes, smallMnist } from "./idxFile.ts";

const REAL = new URL("../../../../shared/data/mnist", import.meta.url).pathname;

describe("data: files", () => {
  let folder: string;
  const path = (name: string) => join(folder, name);
  const names = ["XDG_CACHE_HOME", "HOME", "LOCALAPPDATA", "GRADBOOK_DATA"];
  const before = names.map((name) => process.env[name]);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "gradbook-data-"));
    process.env["XDG_CACHE_HOME"] = path("cache");
    process.env["HOME"] = path("home");
    process.env["LOCALAPPDATA"] = path("cache");
    delete process.env["GRADBOOK_DATA"];
  });
  afterEach(async () => {
    names.forEach((name, i) => {
      if (before[i] === undefined) delete process.env[name];
      else process.env[name] = before[i];
    });
    await rm(folder, { recursive: true });
  });
  async function put(files: { [name: string]: Buffer }, where = folder): Promise<void> {
    await mkdir(where, { recursive: true });
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(where, name), bytes);
  }
  const gzipped = (files: { [name: string]: Buffer }) =>
    Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${name}.gz`, gzipSync(bytes)]));

  const types = [
    [0x08, [0, 200, 255], "int32"],
    [0x09, [-128, 0, 127], "int32"],
    [0x0b, [-32768, 258, 32767], "int32"],
    [0x0c, [-(2 ** 31), 66051, 2 ** 31 - 1], "int32"],
    [0x0d, [-1.5, 0, 0.25], "float32"],
    [0x0e, [-1e300, 0, 0.1], "float64"],
  ] as const;
  for (const [type, values, dtype] of types) {
    it(`readIdx: element type 0x${type.toString(16)} is read as ${dtype}`, async () => {
      await put({ "x.idx": idxBytes([3, 1], values, type) });
      const x = await data.readIdx(path("x.idx"));
      assert.deepEqual([x.dtype, x.shape, Array.from(x.toTypedArray())], [dtype, [3, 1], [...values]]);
    });
  }

  it("readIdx: a gzip with nothing in it yet, and a folder, are named", async () => {
    await put({ "short.gz": gzipSync(idxBytes([2], [7, 8])).subarray(0, 12) });
    await mkdir(path("folder.idx"));
    await assert.rejects(data.readIdx(path("short.gz")), /short\.gz: .*cut short.*expected.*found [0-3]\./);
    await assert.rejects(data.readIdx(path("folder.idx")), /folder\.idx is a folder/);
    await assert.rejects(data.readIdx(path("nope")), /^FileError: cannot read .*nope: ENOENT/);
    await assert.rejects(data.readIdx(3 as never), /readIdx: needs a path, got 3/);
  });

  it("readIdx: gzip is told by its content, not by its name", async () => {
    await put({ plain: gzipSync(idxBytes([2], [7, 8])), "named.gz": idxBytes([2], [7, 8]) });
    for (const name of ["plain", "named.gz"]) {
      assert.deepEqual(Array.from((await data.readIdx(path(name))).toTypedArray()), [7, 8]);
    }
  });

  const damaged: [string, Buffer, RegExp][] = [
    ["empty", Buffer.alloc(0), /x\.idx: not an IDX file: it is empty/],
    ["a web page", Buffer.from("<!DOCTYPE html>"), /x\.idx: not an IDX file: it begins with 3c 21 44 4f/],
    ["an unknown element type", Buffer.from([0, 0, 7, 1]), /begins with 00 00 07 01/],
    [
      "cut inside the header",
      idxBytes([2, 2], [1, 2, 3, 4]).subarray(0, 9),
      /a header of 2 dimensions takes 12 bytes, found 9/,
    ],
    [
      "cut inside the elements",
      idxBytes([2, 2], [1, 2, 3, 4]).subarray(0, 15),
      /says \[2, 2\] uint8, so 16 bytes are expected \(unpacked\); found 15/,
    ],
    ["too long", Buffer.concat([idxBytes([2], [1, 2]), Buffer.from([3])]), /too long.*10 bytes are expected.*found 11/],
    [
      "a gzip without its check sum",
      gzipSync(idxBytes([2], [1, 2])).subarray(0, -8),
      /x\.idx: the gzip file is cut short/,
    ],
    [
      "a cut gzip",
      gzipSync(
        idxBytes(
          [600],
          Array.from({ length: 600 }, (_, i) => (i * i) % 251),
        ),
      ).subarray(0, 200),
      /608 bytes are expected \(unpacked\); found \d+\./,
    ],
    ["a damaged gzip", Buffer.from([0x1f, 0x8b, 9, 9, 9, 9, 9, 9, 9, 9, 9]), /x\.idx: a damaged gzip file/],
  ];
  for (const [what, bytes, message] of damaged) {
    it(`readIdx: ${what}: an error that names the file and what was found`, async () => {
      await put({ "x.idx": bytes });
      await assert.rejects(data.readIdx(path("x.idx")), message);
    });
  }

  it("mnist: shapes, types, pixels in 0…1, labels", async () => {
    await put(smallMnist(3));
    const { images, labels } = await data.mnist({ split: "train", root: folder });
    assert.deepEqual([images.shape, images.dtype], [[3, 1, 28, 28], "float32"]);
    assert.deepEqual([labels.dtype, labels.toArray()], ["int32", [0, 1, 2]]);
    const pixels = images.toTypedArray();
    for (const [index, byte] of [
      [0, 0],
      [255, 255],
      [784, 1],
      [784 + 100, 101],
    ] as const) {
      assert.equal(pixels[index], Math.fround(byte / 255));
    }
    assert.deepEqual((await data.mnist({ split: "test", root: folder })).images.shape, [1, 1, 28, 28]);
  });

  const dotted = (files: { [name: string]: Buffer }) =>
    Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name.replace("-idx", ".idx"), bytes]));
  for (const [names, files] of [
    ["gzip", gzipped(smallMnist(2))],
    ["train-images.idx3-ubyte", dotted(smallMnist(2))],
    ["train-images.idx3-ubyte.gz", gzipped(dotted(smallMnist(2)))],
  ] as const) {
    it(`mnist: reads files named like ${names}`, async () => {
      await put(files);
      assert.equal((await data.mnist({ root: folder })).images.shape[0], 2);
    });
  }

  it("mnist: looks in root, else GRADBOOK_DATA/mnist, else the cache folder", async () => {
    const cache = join(cacheFolder({ platform: process.platform, home: path("home"), env: process.env }), "mnist");
    await put(smallMnist(1), cache);
    assert.equal((await data.mnist()).images.shape[0], 1);
    process.env["GRADBOOK_DATA"] = path("mine");
    assert.equal((await data.mnist()).images.shape[0], 1);
    await put(smallMnist(2), path("mine/mnist"));
    assert.equal((await data.mnist()).images.shape[0], 2);
    await put(smallMnist(3), path("root"));
    assert.equal((await data.mnist({ root: path("root") })).images.shape[0], 3);
  });

  it("mnist: without files and network: an error that names four files and the folder, and nothing is written", async () => {
    const root = path("nowhere");
    const error: Error = await data.mnist({ root, mirrors: ["http://127.0.0.1:1/mnist"] }).then(
      () => assert.fail("no error"),
      (e) => e,
    );
    assert.ok(error instanceof data.DataUnavailable);
    for (const name of Object.keys(smallMnist(1))) assert.match(error.message, new RegExp(`\\n  ${name}\\.gz`));
    assert.ok(error.message.includes(`into ${root} `), error.message);
    assert.match(error.message, /http:\/\/127\.0\.0\.1:1\/mnist\/train-images-idx3-ubyte\.gz: /);
    assert.match(error.message, /data\.digits\(\)/);
    assert.deepEqual(await readdir(folder), []);
  });

  const wrong: [string, { [name: string]: Buffer }, RegExp][] = [
    [
      "labels where images belong",
      { "train-images-idx3-ubyte": idxBytes([2], [1, 2]) },
      /train-images-idx3-ubyte: the wrong file: expected \[2, 28, 28\] uint8, found \[2\] uint8/,
    ],
    [
      "images of another size",
      { "train-images-idx3-ubyte": idxBytes([2, 2, 1], [1, 2, 3, 4]) },
      /expected \[2, 28, 28\] uint8, found \[2, 2, 1\] uint8/,
    ],
    [
      "fewer labels than images",
      { "train-labels-idx1-ubyte": idxBytes([1], [1]) },
      /train-labels-idx1-ubyte: the wrong file: expected \[2\] uint8 to go with the 2 images of .*train-images.*, found \[1\]/,
    ],
    ["labels of another type", { "train-labels-idx1-ubyte": idxBytes([2], [1, 2], 0x0c) }, /found \[2\] int32/],
    [
      "a label beyond 9",
      { "train-labels-idx1-ubyte": idxBytes([2], [1, 10]) },
      /train-labels-idx1-ubyte: label 1 is 10/,
    ],
    [
      "a cut file",
      { "train-images-idx3-ubyte": smallMnist(2)["train-images-idx3-ubyte"]!.subarray(0, 1000) },
      /train-images-idx3-ubyte: cut short.*1584 bytes are expected.*found 1000/,
    ],
  ];
  for (const [what, files, message] of wrong) {
    it(`mnist: ${what}: an error that names the file`, async () => {
      await put({ ...smallMnist(2), ...files });
      await assert.rejects(data.mnist({ root: folder }), message);
    });
  }

  it("mnist: refuses what it does not know", async () => {
    await assert.rejects(
      data.mnist({ splt: "test" } as object),
      /data\.mnist: unknown option "splt"\. Options: split, root/,
    );
    await assert.rejects(
      data.mnist({ split: "validation" as "test" }),
      /split must be "train" or "test", got "validation"/,
    );
  });

  const folders = [
    ["linux", {}, "/home/a/.cache/gradbook"],
    ["linux", { XDG_CACHE_HOME: "/fast" }, "/fast/gradbook"],
    ["linux", { XDG_CACHE_HOME: "relative" }, "/home/a/.cache/gradbook"],
    ["darwin", {}, "/home/a/Library/Caches/gradbook"],
    ["win32", { LOCALAPPDATA: "C:\\Users\\a\\AppData\\Local" }, "C:\\Users\\a\\AppData\\Local\\gradbook\\Cache"],
  ] as const;
  for (const [platform, variables, want] of folders) {
    it(`cache folder on ${platform} with ${JSON.stringify(variables)}`, () => {
      assert.equal(cacheFolder({ platform, home: "/home/a", env: variables }), want);
    });
  }

  // The real images are not part of the repository; where they are not beside it, this says so and checks nothing.
  const real = existsSync(REAL);
  it(`mnist: all 70,000 real images${real ? "" : " (NOT CHECKED: ../shared/data/mnist is not there)"}`, async () => {
    if (!real) return;
    const counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949];
    const train = await data.mnist({ split: "train", root: REAL });
    assert.deepEqual(train.images.shape, [60_000, 1, 28, 28]);
    const found = new Array(10).fill(0);
    for (const label of train.labels.toTypedArray()) found[label]++;
    assert.deepEqual(found, counts);
    let sum = 0;
    for (const pixel of train.images.toTypedArray()) sum += pixel;
    assert.ok(Math.abs(sum / (60_000 * 784) - 0.1307) < 5e-5); // the mean everybody normalizes with
    const test = await data.mnist({ split: "test", root: REAL });
    assert.deepEqual(test.images.shape, [10_000, 1, 28, 28]);
    assert.deepEqual(Array.from(test.labels.toTypedArray().subarray(0, 5)), [7, 2, 1, 0, 4]);
  });
});
