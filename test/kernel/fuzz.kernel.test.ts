/** The small version of `npm run fuzz`. */
import assert from "node:assert/strict";
import { fuzz } from "../fuzz/fuzz.ts";

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
