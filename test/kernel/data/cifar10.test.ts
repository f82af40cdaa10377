import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import * as data from "../../../kernel/data/index.ts";
import { readTar } from "../../../kernel/data/tar.ts";
import { smallCifar10, tarBytes } from "./cifarFile.ts";

const REAL = new URL("../../../../shared/data/cifar-10/test_batch_first1000.bin.gz", import.meta.url).pathname;
const INSIDE = "cifar-10-batches-bin/";

describe("data: cifar10", () => {
  let folder: string;
  const before = process.env["GRADBOOK_DATA"];
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "gradbook-cifar-"))));
  afterEach(async () => {
    if (before === undefined) delete process.env["GRADBOOK_DATA"];
    else process.env["GRADBOOK_DATA"] = before;
    await rm(folder, { recursive: true });
  });
  async function put(files: { [name: string]: Uint8Array }, where = folder): Promise<void> {
    for (const [name, bytes] of Object.entries(files)) {
      await mkdir(dirname(join(where, name)), { recursive: true });
      await writeFile(join(where, name), bytes);
    }
  }
  const inside = (files: { [name: string]: Buffer }) =>
    Object.fromEntries(Object.entries(files).map(([name, bytes]) => [INSIDE + name, bytes]));
  const archive = (files: { [name: string]: Buffer }) =>
    tarBytes({ "cifar-10-batches-bin/batches.meta.txt": Buffer.from("x"), ...inside(files) });

  it("shapes, types, pixels in 0…1 by colour, labels and their names; five files in order, or the one to test with", async () => {
    await put(smallCifar10(2));
    const { images, labels, classes } = await data.cifar10({ root: folder });
    assert.deepEqual([images.shape, images.dtype, labels.dtype], [[10, 3, 32, 32], "float32", "int32"]);
    assert.deepEqual(labels.toArray(), [1, 2, 2, 3, 3, 4, 4, 5, 5, 6]);
    assert.deepEqual([classes.length, classes[0], classes[9]], [10, "airplane", "truck"]);
    const pixels = images.toTypedArray();
    // Image 3 is the second one of the second file: pixel k there is (2 + 1 + k) % 256.
    for (const k of [0, 1023, 1024, 3071]) assert.equal(pixels[3 * 3072 + k], Math.fround(((3 + k) % 256) / 255));
    const test = await data.cifar10({ root: folder, split: "test" });
    assert.deepEqual(
      [test.images.shape, test.labels.toArray()],
      [
        [2, 3, 32, 32],
        [0, 1],
      ],
    );
  });

  const gz = (files: { [name: string]: Buffer }) =>
    Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${name}.gz`, gzipSync(bytes)]));
  for (const [what, files] of [
    ["gzip", gz(smallCifar10(1))],
    ["the folder of the archive", inside(smallCifar10(1))],
    ["the archive", { "cifar-10-binary.tar.gz": gzipSync(archive(smallCifar10(1))) }],
    ["the archive unpacked by half", { "cifar-10-binary.tar": archive(smallCifar10(1)) }],
  ] as const) {
    it(`reads ${what}`, async () => {
      await put(files);
      assert.deepEqual((await data.cifar10({ root: folder })).labels.toArray(), [1, 2, 3, 4, 5]);
    });
  }

  it("beside an archive it puts what is in it, once, and reads that from then on", async () => {
    await put({ "cifar-10-binary.tar.gz": gzipSync(archive(smallCifar10(1))) });
    await data.cifar10({ root: folder });
    assert.deepEqual((await readdir(join(folder, INSIDE))).sort(), Object.keys(smallCifar10(1)).sort());
    await rm(join(folder, "cifar-10-binary.tar.gz"));
    assert.equal((await data.cifar10({ root: folder })).images.shape[0], 5);
  });

  it("looks in GRADBOOK_DATA/cifar10, and in root alone if there is one", async () => {
    process.env["GRADBOOK_DATA"] = folder;
    await put(smallCifar10(1), join(folder, "cifar10"));
    assert.equal((await data.cifar10({ split: "test" })).images.shape[0], 1);
    await assert.rejects(data.cifar10({ root: join(folder, "none"), mirrors: [] }), data.DataUnavailable);
  });

  it("without files and mirrors: an error that says where it looked and what to put there, without a blank line", async () => {
    for (const [call, names] of [
      [data.cifar10, "Put this file, as it is or unpacked, into"],
      [data.mnist, "Put these 4 files, as they are or unpacked, into"],
    ] as const) {
      const error: Error = await call({ root: folder, mirrors: [] }).then(
        () => assert.fail("no error"),
        (e) => e,
      );
      assert.ok(error instanceof data.DataUnavailable);
      assert.match(error.message, /\nMirrors: none was given \(mirrors: \[\]\)\n/);
      assert.ok(
        error.message.includes(`\nLooked in:\n  ${folder}\n`) && error.message.includes(`${names} ${folder} `),
        error.message,
      );
      assert.doesNotMatch(error.message, /\n\s*\n/);
    }
  });

  const good = () => smallCifar10(2);
  const damaged: [string, { [name: string]: Uint8Array }, RegExp][] = [
    [
      "a cut file",
      { ...good(), "data_batch_3.bin": good()["data_batch_3.bin"]!.subarray(0, 4000) },
      /data_batch_3\.bin: .*4000 bytes are no whole number of records of 3073/,
    ],
    [
      "an empty file",
      { ...good(), "data_batch_1.bin": Buffer.alloc(0) },
      /data_batch_1\.bin: not a file of CIFAR-10's/,
    ],
    [
      "a label beyond 9",
      { ...good(), "data_batch_2.bin": Buffer.alloc(3073, 10) },
      /data_batch_2\.bin: label 0 is 10; CIFAR-10 has 0…9/,
    ],
    [
      "a cut gzip",
      { "cifar-10-binary.tar.gz": gzipSync(archive(good())).subarray(0, -9) },
      /cifar-10-binary\.tar\.gz: the gzip file is cut short/,
    ],
    [
      "a cut archive",
      { "cifar-10-binary.tar": archive(good()).subarray(0, 6000) },
      /cifar-10-binary\.tar: the archive is cut short: cifar-10-batches-bin\/data_batch_1\.bin has 6146 bytes/,
    ],
    [
      "an archive cut in a header",
      { "cifar-10-binary.tar": archive(good()).subarray(0, 1300) },
      /cut short at byte 1300/,
    ],
    ["no archive", { "cifar-10-binary.tar": Buffer.alloc(2000, "x") }, /not a tar archive, or damaged at byte 0/],
    [
      "another archive",
      { "cifar-10-binary.tar": tarBytes({ "a.txt": Buffer.from("a") }) },
      /the wrong archive: there is no cifar-10-batches-bin\/data_batch_1\.bin/,
    ],
  ];
  for (const [what, files, message] of damaged) {
    it(`${what}: an error that names the file`, async () => {
      await put(files);
      await assert.rejects(data.cifar10({ root: folder }), message);
    });
  }

  it("refuses what it does not know", async () => {
    await assert.rejects(data.cifar10({ splt: "test" } as object), /data\.cifar10: unknown option "splt"/);
    await assert.rejects(
      data.cifar10({ split: "toString" as "test" }),
      /split must be "train" or "test", got "toString"/,
    );
  });

  it("a folder that cannot be written to is no reason to fail", async () => {
    await put({ "cifar-10-binary.tar": archive(smallCifar10(1)) });
    chmodSync(folder, 0o555); // root may write all the same, and then the files are there
    try {
      assert.equal((await data.cifar10({ root: folder })).images.shape[0], 5);
    } finally {
      chmodSync(folder, 0o755);
    }
  });

  it("tar: long names in two parts, folders left out, names that fill their place", () => {
    const long = `${"a".repeat(100)}/${"b".repeat(100)}`;
    const files = readTar(
      tarBytes({ "folder/": Buffer.alloc(0), [long]: Buffer.from("x"), empty: Buffer.alloc(0) }),
      "x.tar",
    );
    assert.deepEqual(
      [...files].map(([name, bytes]) => [name, bytes.length]),
      [
        [long, 1],
        ["empty", 0],
      ],
    );
  });

  // The real images are not part of the repository; where they are not beside it, this says so and checks nothing.
  const real = existsSync(REAL);
  it(`1,000 real images${real ? "" : " (NOT CHECKED: ../shared/data/cifar-10 is not there)"}`, async () => {
    if (!real) return;
    await put({ "test_batch.bin": gunzipSync(readFileSync(REAL)) });
    const { images, labels, classes } = await data.cifar10({ split: "test", root: folder });
    assert.deepEqual(images.shape, [1000, 3, 32, 32]);
    const names = Array.from(labels.toTypedArray().subarray(0, 5), (label) => classes[label]);
    assert.deepEqual(names, ["cat", "ship", "ship", "airplane", "frog"]);
    const pixels = images.toTypedArray();
    for (const [colour, mean] of [0.4942, 0.4851, 0.4504].entries()) {
      let sum = 0;
      for (let i = 0; i < 1000; i++) for (let k = 0; k < 1024; k++) sum += pixels[i * 3072 + colour * 1024 + k]!;
      assert.ok(Math.abs(sum / 1024_000 - mean) < 0.02, `colour ${colour}: ${sum / 1024_000}`); // all 10,000 have this mean
    }
  });
});
