import assert from "node:assert/strict";
import fc from "fast-check";
import * as data from "../../../kernel/data/index.ts";
import { tensor, type Tensor } from "../../../kernel/tensor/index.ts";

const of = (text: string, options?: data.TextOptions) => data.text({ text }, options);

describe("data: text", () => {
  it("decode undoes encode, for any text of known tokens, by characters and by words", async () => {
    for (const level of ["char", "word"] as const) {
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: "grapheme", minLength: 1 }), async (text) => {
          const known = await of(text, { level });
          assert.equal(known.decode(known.encode(text)), text);
          assert.equal(known.decode(known.tokens), text);
          assert.equal(new Set(known.vocab).size, known.vocab.length);
        }),
      );
    }
  });

  it("characters are whole ones; words keep apostrophes, numbers and marks apart", async () => {
    assert.deepEqual((await of("a😀a")).tokens.toArray(), [0, 1, 0]);
    const words = await of("It's 2 well-known  words, über!", { level: "word" });
    const tokens = Array.from(words.tokens.toTypedArray(), (n) => words.vocab[n]);
    assert.deepEqual(tokens, ["It's", " ", "2", " ", "well-known", "  ", "words", ",", " ", "über", "!"]);
  });

  it("a vocabulary of another text: its numbers, and what it does not know is an error", async () => {
    const train = await of("hello");
    const test = await of("hole", { vocab: train.vocab });
    assert.deepEqual([test.tokens.dtype, test.tokens.toArray()], ["int32", [1, 3, 2, 0]]);
    await assert.rejects(
      of("hex", { vocab: train.vocab }),
      /data\.text: token 2 is "x", which is not in the vocabulary of 4/,
    );
    assert.throws(() => train.encode("a"), /encode: token 0 is "a", which is not in the vocabulary/);
  });

  const cuts: [length: number, stride: number | undefined, x: string[]][] = [
    [3, undefined, ["abc", "def", "ghi"]],
    [3, 1, ["abc", "bcd", "cde", "def", "efg", "fgh", "ghi"]],
    [4, undefined, ["abcd", "efgh"]],
    [9, undefined, ["abcdefghi"]],
    [2, 5, ["ab", "fg"]],
  ];
  for (const [length, stride, want] of cuts) {
    it(`sequences of ${length}, stride ${stride ?? "default"}: all whole pieces, and each one token later`, async () => {
      const text = await of("abcdefghij");
      const pieces = text.sequences(stride === undefined ? { length } : { length, stride });
      assert.equal(pieces.length, want.length);
      const [x, y] = (await pieces.batch(Int32Array.from(want, (_, i) => i))) as [Tensor, Tensor];
      assert.deepEqual([x.dtype, x.shape, y.shape], ["int32", [want.length, length], [want.length, length]]);
      const words = (t: Tensor) => (t.toArray() as number[][]).map((row) => text.decode(row));
      assert.deepEqual(words(x), want);
      assert.deepEqual(
        words(y),
        want.map((piece) => [...piece].map((c) => String.fromCharCode(c.charCodeAt(0) + 1)).join("")),
      );
    });
  }

  it("a loader shuffles the pieces and gives each once", async () => {
    const text = await of("abcdefghij");
    const loader = new data.DataLoader(text.sequences({ length: 3 }), { batchSize: 2, shuffle: true, seed: 1 });
    const seen = [...loader].flatMap(([x]) => (x.toArray() as number[][]).map((row) => text.decode(row)));
    assert.deepEqual(seen.toSorted(), ["abc", "def", "ghi"]);
  });

  const mistakes: [string, () => Promise<unknown>, RegExp][] = [
    ["no text", () => of(""), /data\.text: the text is empty/],
    ["an unknown level", () => of("a", { level: "line" as "word" }), /level must be "char" or "word", got "line"/],
    ["an unknown option", () => of("a", { lower: true } as object), /unknown option "lower"\. Options: level, vocab/],
    ["a token twice", () => of("a", { vocab: ["a", "a"] }), /a token is twice in vocab/],
    [
      "a piece as long as the text",
      async () => (await of("abc")).sequences({ length: 3 }),
      /length must be a number ≥ 1, whole, and below the 3 tokens of the text, got 3/,
    ],
    [
      "half a step",
      async () => (await of("abc")).sequences({ length: 1, stride: 0.5 }),
      /stride must be a number ≥ 1, whole, got 0\.5/,
    ],
    [
      "a number that is no token",
      async () => (await of("abc")).decode(tensor([0, 3])),
      /decode: there is no token 3 \(position 1\); they are numbered 0 … 2/,
    ],
    ["a number instead of a text", async () => (await of("abc")).encode(5 as never), /encode: needs a text, got 5/],
    [
      "a piece beyond the end",
      async () => (await of("abc")).sequences({ length: 1 }).batch(Int32Array.of(2)),
      /sequences: there is no sample 2/,
    ],
    ["a file that is not there", () => data.text("nowhere.txt"), /data\.text: cannot read nowhere\.txt: ENOENT/],
  ];
  for (const [what, call, message] of mistakes)
    it(`${what} is an error that says so`, () => assert.rejects(call, message));
});
