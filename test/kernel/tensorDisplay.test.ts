/** How a notebook shows tensors and modules: what stands beside their text. */
import assert from "node:assert/strict";
import { inflateSync } from "node:zlib";
import { nn, rand, tensor, zeros, type Tensor } from "../../kernel/gradbook.ts";

const bundle = (x: object): { [mime: string]: string } =>
  (x as { [key: symbol]: () => { [mime: string]: string } })[Symbol.for("Jupyter.display")]!();
const words = (x: object): string =>
  bundle(x)
    ["text/html"]!.replace(/<pre[^]*/, "")
    .replace(/<[^>]*>/g, "|")
    .replace(/\|+/g, "|");

/** The palette's numbers of the first picture, line by line. */
function pixels(x: Tensor): number[][] {
  const base64 = /base64,([^"]+)/.exec(bundle(x)["text/html"]!)![1]!;
  const file = Buffer.from(base64, "base64");
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
  const parts: Buffer[] = [];
  for (let at = 8; at < file.length; at += 12 + file.readUInt32BE(at))
    if (file.toString("latin1", at + 4, at + 8) === "IDAT")
      parts.push(file.subarray(at + 8, at + 8 + file.readUInt32BE(at)));
  const lines = inflateSync(Buffer.concat(parts));
  const bytes = lines.length / height;
  assert.equal((bytes - 1) % width, 0);
  return Array.from({ length: height }, (_, y) => [...lines.subarray(y * bytes + 1, (y + 1) * bytes)]);
}

describe("a tensor in a notebook", () => {
  const table: { name: string; x: Tensor; says: RegExp }[] = [
    {
      name: "shape, dtype, memory and statistics",
      x: tensor([
        [1, 2],
        [3, 4],
      ]),
      says: /\|Tensor \[2, 2\]\| · float32 · 16 bytes\|min 1 · max 4 · mean 2\.5 · std 1\.291 · zeros 0 %\|/,
    },
    {
      name: "a leaf that learns",
      x: new nn.Parameter(tensor([0, 1])),
      says: /\|Parameter \[2\]\| · float32 · 8 bytes · requiresGrad\|.*zeros 50 %/,
    },
    { name: "where it comes from", x: tensor([1, 2], { requiresGrad: true }).mul(2), says: /from mul/ },
    {
      name: "a view",
      x: tensor([
        [1, 2],
        [3, 4],
      ]).t(),
      says: / · view/,
    },
    {
      name: "NaN and infinity, loudly",
      x: tensor([1, NaN, Infinity, -Infinity]),
      says: /\|1 NaN\| · \|2 infinite\| · min 1 · max 1/,
    },
    { name: "nothing finite", x: tensor([NaN, NaN]), says: /\|2 NaN\|values/ },
    { name: "booleans", x: tensor([true, false, true, true]), says: /bool · 4 bytes\|true 75 %/ },
    { name: "a sample of many", x: zeros(1000, 1000), says: /sampled: \d{3},\d{3} elements/ },
    { name: "slices of what has more dims", x: rand(20, 2, 4, 4), says: /\[0, 0\]\|\[0, 1\]\|\[1, 0\]\|.*… 32 more/ },
  ];
  for (const { name, x, says } of table) it(name, () => assert.match(words(x), says));

  it("text/plain stays as it is printed; a single number and an empty tensor are only that", () => {
    assert.equal(bundle(tensor([1, 2]))["text/plain"], String(tensor([1, 2])));
    assert.deepEqual(Object.keys(bundle(tensor(3))), ["text/plain"]);
    assert.deepEqual(Object.keys(bundle(zeros(0, 4))), ["text/plain"]);
  });

  const maps: { name: string; x: Tensor; want: number[][] }[] = [
    {
      name: "one colour map from the smallest to the largest",
      x: tensor([
        [0, 31],
        [62, 62],
      ]),
      want: [
        [0, 31],
        [62, 62],
      ],
    },
    { name: "signed: zero in the middle", x: tensor([-1, 0, 0.5]), want: [[0, 31, 47]] },
    { name: "NaN has a colour of its own", x: tensor([0, NaN, 1]), want: [[0, 63, 62]] },
    { name: "all the same", x: tensor([5, 5]), want: [[31, 31]] },
    {
      name: "a transposed view is seen transposed",
      x: tensor([
        [0, 31],
        [62, 62],
      ]).t(),
      want: [
        [0, 62],
        [31, 62],
      ],
    },
  ];
  for (const { name, x, want } of maps) it(`heat map: ${name}`, () => assert.deepEqual(pixels(x), want));

  it("a colour picture is one", () => {
    const x = zeros(3, 8, 8);
    x.fill_(1);
    assert.deepEqual(new Set(pixels(x).flat()), new Set([255]));
    assert.equal(pixels(x)[0]!.length, 24);
    assert.doesNotMatch(bundle(x)["text/html"]!, /linear-gradient/);
  });
  it("is small, and runs nothing", () => {
    for (const x of [rand(500, 500), rand(64, 3, 32, 32), rand(100_000)]) {
      const html = bundle(x)["text/html"]!;
      assert.ok(html.length < 32_000, `${html.length}`);
      assert.doesNotMatch(html, /<script|\son\w+=/);
    }
  });
});

describe("a module in a notebook", () => {
  it("layers, shapes and counts; a shared parameter counts once, a frozen one is named", () => {
    class Net extends nn.Module {
      first = new nn.Linear(4, 3);
      body = new nn.Sequential(new nn.ReLU(), new nn.Linear(3, 4));
      forward(x: Tensor): Tensor {
        return this.body.forward(this.first.forward(x)) as Tensor;
      }
    }
    const net = new Net();
    for (const parameter of net.first.parameters()) parameter.requiresGrad = false;
    const text = words(net);
    assert.match(text, /\|first\|Linear\(.*\)\|weight \[3, 4\], bias \[3\] \(frozen\)\|15\|/);
    assert.match(text, /\|body\|Sequential\|0\|ReLU\(\)\|1\|Linear\(.*\)\|weight \[4, 3\], bias \[4\]\|16\|/);
    assert.match(text, /31 parameters, 16 of them learned/);
    assert.equal(bundle(net)["text/plain"], String(net));
  });
});
