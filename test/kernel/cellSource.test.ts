import assert from "node:assert/strict";
import { cellSource, murmur2 } from "../../kernel/protocol/cellSource.ts";

/** Computed by the reference implementation of MurmurHash2 in C++ (smhasher). */
const known: [text: string, seed: number, hash: number][] = [
  ["", 0, 0],
  ["", 1, 0x5bd15e36],
  ["a", 0, 0x92685f5e],
  ["abc", 0, 0x13577c9b],
  ["abcd", 0, 0x26873021],
];

describe("the name of a cell in a debugger", () => {
  for (const [text, seed, hash] of known) {
    it(`MurmurHash2 of ${JSON.stringify(text)} with seed ${seed}`, () =>
      assert.equal(murmur2(new TextEncoder().encode(text), seed), hash));
  }
  it("depends on the text only", () => {
    assert.equal(cellSource("/p-", "let é = 1"), cellSource("/p-", "let é = 1"));
    assert.notEqual(cellSource("/p-", "let a = 1"), cellSource("/p-", "let a = 2"));
  });
});
