/** The small version of `npm run fuzz`. */
import assert from "node:assert/strict";
import { fuzz } from "../fuzz/fuzz.ts";
import { fuzzWire } from "../fuzz/wireFuzz.ts";
import { fuzzMessage } from "../fuzz/wireMessages.ts";

describe("random and mutated cells", function () {
  this.timeout(240_000);

  it("120 of them: each is answered once, none hangs, and what is lost is said", async () => {
    const { failures, cells, ok, errors } = await fuzz({ seed: 7, cells: 120 });
    assert.deepEqual(
      failures.map(({ seed, what }) => `--seed ${seed}: ${what}`),
      [],
    );
    assert.ok(cells === 120 && ok > 0 && errors > 0, `${cells} cells, ${ok} well, ${errors} in an error`);
  });
});

describe("random and mutated messages on the wire", function () {
  this.timeout(240_000);

  it("3,000 of them: nothing unsigned is executed, each request has one reply, the next good one is answered", async () => {
    const { failures, messages, kinds, due, answered, memory } = await fuzzWire({ seed: 7, messages: 3000 });
    assert.deepEqual(failures, []);
    assert.ok(
      messages === 3000 && due > 300 && answered === 48,
      `${messages} messages, ${due} due, ${answered} answered`,
    );
    assert.ok(Object.keys(kinds).length === 20 && Math.min(...Object.values(kinds)) > 50, JSON.stringify(kinds));
    assert.ok(memory.after - memory.before < 500e6, `${memory.before} bytes, then ${memory.after}`);
  });
  it("a seed makes the same message again", () => {
    const make = (): string => JSON.stringify([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => fuzzMessage(seed, "key", "code")));
    assert.equal(make(), make());
  });
});
