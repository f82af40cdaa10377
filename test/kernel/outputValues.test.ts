/** How values are shown: tables, bundles of their own, media; without calling what is not asked to be called. */
import assert from "node:assert/strict";
import { inspect } from "node:util";
import { media } from "../../kernel/session/media.ts";
import { checkedBundle, inspectValue, mimeBundle } from "../../kernel/session/mimeBundle.ts";
import type { MimeBundle } from "../../kernel/protocol/messages.ts";

const DISPLAY = Symbol.for("Jupyter.display");
const shown = (value: unknown): MimeBundle => mimeBundle(value) as MimeBundle;
const plain = (value: unknown): string => String(shown(value)["text/plain"]);

/** What is written on stderr meanwhile. */
function onStderr<T>(work: () => T): [T, string] {
  const { write } = process.stderr;
  let written = "";
  process.stderr.write = ((text: string) => ((written += text), true)) as typeof write;
  try {
    return [work(), written];
  } finally {
    process.stderr.write = write;
  }
}

describe("arrays of records are tables", () => {
  const table: { name: string; rows: unknown; text: string }[] = [
    {
      name: "numbers stand at the right with one count of decimals, texts at the left",
      rows: [
        { name: "sgd", loss: 0.5, steps: 100 },
        { name: "adam", loss: 0.125, steps: 20 },
      ],
      text: "   name   loss  steps\n0  sgd   0.500    100\n1  adam  0.125     20\n[2 rows × 3 columns]",
    },
    {
      name: "keys that are missing leave holes; null, bigint, booleans, dates and lists are readable",
      rows: [
        { a: null, b: 10n, c: true },
        { a: 1, b: 2n, d: new Date("2026-11-23") },
        { a: NaN, b: 1n, c: false, d: [1, 2] },
      ],
      text: "      a    b  c      d\n0  null  10n  true\n1     1   2n         2026-11-23\n2   NaN   1n  false  [ 1, 2 ]\n[3 rows × 4 columns]",
    },
    {
      name: "very large and very small numbers are powers of ten",
      rows: [{ x: 1.5e-8 }, { x: 2 }],
      text: "          x\n0  1.500e-8\n1  2.000e+0\n[2 rows × 1 column]",
    },
    {
      name: "what a terminal would obey is made visible",
      rows: [{ x: "a\nb\x1b[31m" }],
      text: "   x\n0  a⏎b·[31m\n[1 row × 1 column]",
    },
  ];
  for (const { name, rows, text } of table) {
    it(name, () => assert.equal(plain(rows), text));
  }
  it("what says itself how it is printed does so, on one line; a custom inspector that fails hides nothing", () => {
    const custom = Symbol.for("nodejs.util.inspect.custom");
    const text = plain([
      { loss: { [custom]: () => "tensor([[1.],\n        [2.]])" } },
      {
        loss: {
          x: 1,
          [custom]() {
            throw new Error("no");
          },
        },
      },
    ]);
    assert.match(text, /^0 {2}tensor\(\[\[1\.\], \[2\.\]\]\)$/m);
    assert.match(text, /^1 {2}\{ x: 1, /m);
  });
  it("of a long one the first and the last ten rows are shown", () => {
    const rows = Array.from({ length: 1_000_000 }, (_, i) => ({ i, square: i * i }));
    const lines = plain(rows).split("\n");
    assert.equal(lines.length, 23);
    assert.match(lines[11]!, /…/);
    assert.match(lines.at(-2)!, /^999999 /);
    assert.equal(lines.at(-1), "[1,000,000 rows × 2 columns]");
  });
  it("the HTML escapes what it shows, has headings for screen readers and no colour of its own", () => {
    const html = String(shown([{ "<b>": "<script>alert(1)</script>", n: 1 }])["text/html"]);
    assert.match(html, /<th scope="col">&lt;b&gt;<\/th>/);
    assert.match(html, /<td>&lt;script&gt;/);
    assert.match(html, /<td class="n">1<\/td>/);
    assert.doesNotMatch(html, /<script|#[0-9a-f]{3}\b/);
  });
  let called = 0;
  const trap = new Proxy(
    {},
    { get: () => called++, ownKeys: () => (called++, []), getPrototypeOf: () => (called++, null) },
  );
  const none: { name: string; value: unknown }[] = [
    { name: "an empty array", value: [] },
    { name: "numbers", value: [1, 2] },
    {
      name: "arrays",
      value: [
        [1, 2],
        [3, 4],
      ],
    },
    {
      name: "objects of classes",
      value: [
        new (class Point {
          x = 1;
        })(),
      ],
    },
    { name: "records of different kinds", value: [{ a: 1 }, { b: 1 }, { c: 1 }, { d: 1 }] },
    { name: "a hole in the rows", value: [{ a: 1 }, undefined] },
    { name: "a proxy", value: [trap] },
  ];
  for (const { name, value } of none) {
    it(`${name}: shown as the inspector shows it`, () => {
      assert.deepEqual(Object.keys(shown(value)), ["text/plain"]);
      assert.equal(called, 0);
    });
  }
  it("a getter is named and not called", () => {
    const row = Object.defineProperty({ a: 1 } as object, "b", { enumerable: true, get: () => assert.fail("called") });
    assert.match(plain([row]), /\[Getter\]/);
  });
});

describe("values that say how they are shown", () => {
  it('by the method under Symbol.for("Jupyter.display"), at once or later', async () => {
    const bundle = { "text/html": "<b>hi</b>" };
    assert.deepEqual(shown({ [DISPLAY]: () => bundle }), bundle);
    assert.deepEqual(await mimeBundle({ [DISPLAY]: async () => bundle }), bundle);
  });
  const failing: { name: string; value: object; says: RegExp }[] = [
    {
      name: "one that throws",
      value: {
        x: 1,
        [DISPLAY]() {
          throw new RangeError("no");
        },
      },
      says: /of Object failed: RangeError: no/,
    },
    {
      name: "one that returns no bundle",
      value: { x: 1, [DISPLAY]: () => "text" },
      says: /must return an object of MIME types like .*, got 'text'/,
    },
  ];
  for (const { name, value, says } of failing) {
    it(`${name} is reported, and the inspector shows the object`, () => {
      const [bundle, written] = onStderr(() => shown(value));
      assert.match(String(bundle["text/plain"]), /x: 1/);
      assert.match(written, says);
    });
  }
  it("a custom inspector that throws does not hide the object", () => {
    assert.match(
      plain({
        kept: 1,
        [inspect.custom]() {
          throw new Error("no");
        },
      }),
      /kept: 1/,
    );
  });
});

describe("the inspector", () => {
  class Secret {
    #hidden = 1;
    open = this.#hidden;
  }
  const circle: { self?: object } = {};
  circle.self = circle;
  const table: [name: string, value: unknown, text: RegExp][] = [
    ["a class", Secret, /^\[class Secret\]$/],
    ["an object of a class", new Secret(), /^Secret \{ open: 1 \}$/],
    ["a circle", circle, /^<ref \*1> \{ self: \[Circular \*1\] \}$/],
    ["a Map", new Map([["a", 1]]), /^Map\(1\) \{ 'a' => 1 \}$/],
    [
      "a getter that throws",
      Object.defineProperty({}, "x", {
        enumerable: true,
        get() {
          throw new Error("called");
        },
      }),
      /^\{ x: \[Getter\] \}$/,
    ],
    [
      "a generator, not consumed",
      (function* () {
        assert.fail("consumed");
      })(),
      /^Object \[Generator\] \{\}$/,
    ],
    ["null", null, /^null$/],
    ["a symbol", Symbol("s"), /^Symbol\(s\)$/],
    ["a long text is cut", "x".repeat(20_000), /10000 more characters$/],
    [
      "a million keys are cut",
      Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`key${i}`, i])),
      /… [\d,]+ more characters$/,
    ],
  ];
  for (const [name, value, text] of table) it(name, () => assert.match(inspectValue(value), text));
});

describe("media", () => {
  const png = Buffer.from("89504e470d0a1a0a", "hex");
  const table: [name: string, bundle: () => MimeBundle, wanted: MimeBundle][] = [
    [
      "html has its text beside it",
      () => media.html("<style>b{}</style><b>1 &lt; 2</b>"),
      { "text/html": "<style>b{}</style><b>1 &lt; 2</b>", "text/plain": "1 &lt; 2" },
    ],
    ["latex gets its signs", () => media.latex("a^2"), { "text/latex": "$$a^2$$", "text/plain": "a^2" }],
    [
      "latex that has them is left alone",
      () => media.latex("so $a$"),
      { "text/latex": "so $a$", "text/plain": "so $a$" },
    ],
    ["json is a copy", () => media.json({ a: [1] }), { "application/json": { a: [1] }, "text/plain": "{ a: [ 1 ] }" }],
    [
      "a PNG is known by its bytes",
      () => media.image(new Uint8Array(png)),
      { "image/png": png.toString("base64"), "text/plain": "PNG picture, 8 bytes" },
    ],
    [
      "bytes in a bundle are base64",
      () => checkedBundle({ "image/png": new Uint8Array(png) }),
      { "image/png": png.toString("base64") },
    ],
    [
      "an SVG in bytes",
      () => media.image(Buffer.from("<?xml version='1.0'?><svg></svg>")),
      { "image/svg+xml": "<?xml version='1.0'?><svg></svg>", "text/plain": "SVG picture" },
    ],
  ];
  for (const [name, bundle, wanted] of table) it(name, () => assert.deepEqual(bundle(), wanted));
  const refused: [call: () => unknown, says: RegExp][] = [
    [() => media.image(Buffer.from("hello")), /5 bytes are no PNG, JPEG, GIF, WebP or SVG; they begin with 68656c6c6f/],
    [() => media.image(7 as never), /needs bytes .* or the path of a file, got 7/],
    [() => media.svg("<p>"), /no <svg> element/],
    [() => media.json(undefined), /undefined has no JSON/],
    [() => media.json({ big: 1n }), /display\.json: the value has no JSON \(.*BigInt\)\. Use display/],
    [() => media.html(7 as never), /display\.html: needs a string, got 7/],
  ];
  for (const [call, says] of refused) it(`refused: ${says.source}`, () => assert.throws(call, says));
});
