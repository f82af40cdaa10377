/** Files that Python's packages wrote (test/golden/makeFiles.py), and ours as they read them. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { arange, load, loadMetadata, nn, randn, save, tensor, zeros, Tensor } from "../../../kernel/gradbook.ts";

const golden = join(import.meta.dirname, "../../golden");
const expected: { [file: string]: Expected | { [name: string]: Expected } } = JSON.parse(
  readFileSync(join(golden, "files.json"), "utf8"),
);
interface Expected {
  dtype: string;
  shape: number[];
  data: unknown;
}
/** JSON has no NaN and no infinities: they are texts there. */
const written = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(written)
    : typeof value === "number" && !Number.isFinite(value)
      ? { NaN: "nan", Infinity: "inf", "-Infinity": "-inf" }[String(value)]
      : value;
const plain = (x: Tensor): Expected => ({ dtype: x.dtype, shape: [...x.shape], data: written(x.toArray()) });
const all = (loaded: Tensor | { [name: string]: Tensor }) =>
  loaded instanceof Tensor
    ? plain(loaded)
    : Object.fromEntries(Object.entries(loaded).map(([name, x]) => [name, plain(x)]));

describe("save and load: files of NumPy and safetensors", () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "gradbook-arrays-"))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const path = (name: string) => join(folder, name);

  for (const [file, want] of Object.entries(expected)) {
    it(`${file}, written by Python, is read as it was meant`, () =>
      assert.deepEqual(all(load(join(golden, "files", file))), want));
  }

  it("weights from PyTorch give PyTorch's output; I64 counters come as int32", () => {
    const model = new nn.Sequential(
      new nn.Conv2d(1, 4, 3),
      new nn.BatchNorm2d(4),
      new nn.ReLU(),
      new nn.Flatten(),
      new nn.Linear(64, 3),
    );
    const weights = load<{ [name: string]: Tensor }>(join(golden, "files/torch.safetensors"));
    assert.deepEqual(plain(weights["1.num_batches_tracked"]!), { dtype: "int32", shape: [], data: 1 });
    model.loadStateDict(weights);
    model.eval();
    const { x, y } = load<{ x: Tensor; y: Tensor }>(join(golden, "files/torch.npz"));
    assert.ok(model.forward(x).sub(y).abs().max().item() < 1e-6);
  });

  it("the metadata of a file from Python, and ours, without the tensors", () => {
    assert.deepEqual(loadMetadata(join(golden, "files/kinds.safetensors")), {
      "made by": "safetensors for Python",
      größe: "klein",
    });
    save({ w: tensor([1]) }, path("w.safetensors"), { metadata: { epoch: "3" } });
    assert.deepEqual(loadMetadata(path("w.safetensors")), { format: "pt", epoch: "3" });
  });

  for (const [name, x] of [
    [
      "float32",
      tensor([
        [1.5, -2],
        [3, 4],
      ]),
    ],
    ["int32", arange(3)],
    ["bool", tensor([true, false])],
    ["fortran", arange(24, { dtype: "float32" }).reshape(2, 3, 4)],
    ["scalar", tensor(2.5, { dtype: "float64" })],
    ["empty", zeros([0, 3])],
  ] as const) {
    it(`.npy: ${name} comes back, and what NumPy wrote is written again byte for byte`, () => {
      save(x, path("x.npy"));
      assert.deepEqual(plain(load(path("x.npy"))), plain(x));
      // NumPy keeps the order of columns; row by row is the same for all others.
      if (name === "fortran") return;
      const original = join(golden, "files", `${name}.npy`);
      save(load(original), path("x.npy"));
      assert.deepEqual(readFileSync(path("x.npy")), readFileSync(original));
    });
  }

  for (const compress of [false, true]) {
    it(`.npz: an object of tensors comes back, compress ${compress}`, () => {
      const object = { x: randn(50, 3), größe: arange(3), "a/b": tensor(1), toString: tensor([true]) };
      save(object, path("x.npz"), { compress });
      assert.deepEqual(all(load(path("x.npz"))), all(object));
      assert.deepEqual(readdirSync(folder), ["x.npz"]);
    });
  }

  it("names that objects have anyway are kept: constructor, __proto__", () => {
    const odd = Object.fromEntries([
      ["constructor", tensor(1)],
      ["__proto__", tensor(2)],
    ]);
    for (const name of ["odd.safetensors", "odd.npz"]) {
      save(odd, path(name));
      const back = load(path(name));
      assert.deepEqual([Object.keys(back), back.constructor.item()], [Object.keys(odd), 1], name);
    }
  });

  const bytes = (name: string) => readFileSync(join(golden, "files", name));
  const patch = (file: Buffer, at: number, ...values: number[]) => (
    file.set(values, at < 0 ? file.length + at : at),
    file
  );
  const header = (text: string, data = Buffer.alloc(0)) => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
    return Buffer.concat([length, Buffer.from(text), data]);
  };
  const one = (offsets: number[]) => ({ dtype: "U8", shape: [offsets[1]! - offsets[0]!], data_offsets: offsets });
  const length = (n: number) => patch(Buffer.alloc(10), 0, n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24);
  const list = (file: Buffer) => file.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  const stored = () => bytes("stored.npz");
  const refused: [what: string, file: () => Buffer, message: RegExp][] = [
    [
      "Python objects",
      () => bytes("objects.npy"),
      /x cannot be loaded: it holds Python objects \(a pickle\).*astype\('float32'\)/,
    ],
    ["records", () => bytes("records.npy"), /cannot be loaded: it holds records with named fields; save each field/],
    [
      "complex numbers",
      () => bytes("complex.npy"),
      /cannot be loaded: it holds complex numbers \(<c16\); known are f8, f4/,
    ],
    [
      "an int64 beyond int32",
      () => bytes("large.npy"),
      /cannot be loaded: the array \(I64\) holds 1099511627776 at position 0.*; save it as float64/,
    ],
    ["a format version to come", () => patch(bytes("int32.npy"), 6, 4), /format version 4\.0; known are 1\.0, 2\.0/],
    [
      "an .npy cut in its header",
      () => bytes("int32.npy").subarray(0, 100),
      /header ends at byte 128, the file at 100/,
    ],
    ["an .npy cut in its elements", () => bytes("int32.npy").subarray(0, 150), /I32 \[2, 3\], so 152 bytes.*found 150/],
    ["an .npy with more behind", () => Buffer.concat([bytes("int32.npy"), Buffer.alloc(1)]), /152 bytes.*found 153/],
    [
      "an .npy without a shape",
      () => Buffer.from(bytes("bool.npy").toString("latin1").replace("shape", "shade"), "latin1"),
      /lacks descr, fortran_order or shape/,
    ],
    [
      "PyTorch's own format",
      () => bytes("pickle.pt"),
      /cannot be loaded: .*a Python pickle\. In Python: safetensors\.torch\.save_file/,
    ],
    ["a cut .npz", () => stored().subarray(0, -1), /is not a whole \.npz file: the zip archive is cut short/],
    [
      "an .npz with a wrong bit",
      () => patch(stored(), list(stored()) - 1, 77),
      /entry "größe\.npy" is damaged: its check sum/,
    ],
    [
      "a zip of other things",
      () => Buffer.from(stored().toString("latin1").replaceAll("x.npy", "x.txt"), "latin1"),
      /its entry "x\.txt" is no \.npy/,
    ],
    ["an unknown method", () => patch(stored(), list(stored()) + 10, 14), /entry "x\.npy" is packed by method 14/],
    ["an encrypted entry", () => patch(stored(), list(stored()) + 8, 1), /entry "x\.npy" is encrypted/],
    [
      "an entry beyond 4 GiB",
      () => patch(stored(), list(stored()) + 24, 255, 255, 255, 255),
      /"x\.npy" is larger than 4 GiB \(zip64\).*one by one/,
    ],
    ["a zip64 archive", () => patch(stored(), -12, 255, 255), /it is larger than 4 GiB \(zip64\)/],
    [
      "a deflated entry that is none",
      () => patch(bytes("deflated.npz"), 60, 255, 255, 255),
      /entry "x\.npy" is damaged/,
    ],
    [
      "a header longer than the format allows",
      () => Buffer.concat([length(100_000_001), Buffer.alloc(100_000_000)]),
      /header of 100000001 bytes; the format allows 100000000/,
    ],
    ["a header that is no JSON", () => header("{x"), /header is not JSON/],
    ["a header that is a list", () => header("[]"), /header is not a JSON object/],
    [
      "metadata that are no texts",
      () => header('{"__metadata__":{"a":1}}'),
      /__metadata__ in its header is not an object of texts/,
    ],
    [
      "an entry without shape",
      () => header('{"x":{"dtype":"U8","data_offsets":[0,0]}}'),
      /entry of tensor "x" lacks dtype, shape/,
    ],
    ["a negative offset", () => header(JSON.stringify({ x: one([-1, 0]) })), /entry of tensor "x" lacks/],
    [
      "a gap",
      () => header(JSON.stringify({ x: one([1, 2]) }), Buffer.alloc(2)),
      /bytes from 0 to 1, before or in tensor "x", belong to no tensor/,
    ],
    [
      "tensors in the same bytes",
      () => header(JSON.stringify({ x: one([0, 2]), y: one([1, 3]) }), Buffer.alloc(3)),
      /bytes from 1 to 2.*"y", belong to two tensors/,
    ],
    [
      "a name that comes twice",
      () => header(`{"x":${JSON.stringify(one([0, 1]))},"x":${JSON.stringify(one([1, 2]))}}`, Buffer.alloc(2)),
      /bytes from 0 to 1.*belong to no tensor/,
    ],
  ];
  for (const [what, file, message] of refused) {
    it(`load refuses ${what}, with the file's name`, () => {
      writeFileSync(path("x"), file());
      assert.throws(
        () => load(path("x")),
        (error: Error) =>
          error.name === "FileError" &&
          /^load: .*x (is not a whole|cannot be loaded:) /.test(error.message) &&
          message.test(error.message),
      );
    });
  }

  for (const name of ["fortran.npy", "deflated.npz", "kinds.safetensors"]) {
    it(`${name}, cut anywhere or with any byte changed, is read or refused by name, and nothing else happens`, () => {
      const whole = bytes(name);
      fc.assert(
        fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (at, value, cut) => {
          writeFileSync(path("x"), cut ? whole.subarray(0, at) : patch(Buffer.from(whole), at, value));
          try {
            load(path("x"));
          } catch (error) {
            assert.match(String(error), /^FileError: load: .*x (is not a whole|cannot be loaded:) /);
            return;
          }
          assert.ok(!cut);
        }),
        { numRuns: 200, examples: [[21, 10, false]] },
      );
    });
  }

  const mistakes: [string, () => unknown, RegExp][] = [
    [
      "an object as .npy",
      () => save({ x: tensor(1) }, path("x.npy")),
      /an \.npy file holds one tensor, got an object with x/,
    ],
    ["a tensor as .npz", () => save(tensor(1), path("x.npz")), /an \.npz file holds an object of tensors.*got Tensor/],
    [
      "nested objects as .npz",
      () => save({ a: { b: tensor(1) } }, path("x.npz")),
      /got a: an object with b\. Take \.safetensors/,
    ],
    [
      "an option of another kind",
      () => save({ x: tensor(1) }, path("x.npz"), { metadata: {} }),
      /save: unknown option "metadata"\. Options: compress/,
    ],
    [
      "metadata that are no text",
      () => save({}, path("x"), { metadata: { n: 1 as never } }),
      /metadata\.n must be a text.*got 1/,
    ],
    ["no path", () => save({}, undefined as never), /save: needs a path, got undefined\. The object comes first/],
    ["no path to load", () => load("" as never), /load: needs a path, got ""/],
    ["a file that is not there", () => load("nowhere.npy"), /load: cannot read nowhere\.npy: ENOENT.*looked in /],
    ["a folder", () => load(folder), /load: cannot read .*EISDIR/],
  ];
  for (const [what, call, message] of mistakes) {
    it(`${what} is an error that says so, and nothing is written`, () => {
      assert.throws(call, message);
      assert.deepEqual(readdirSync(folder), []);
    });
  }
});
