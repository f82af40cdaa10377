/** A kernel that runs cell after cell holds no more than before. `npm run soak` does it 10,000 times. */
import assert from "node:assert/strict";
import { growing, soakCells, type Held } from "./soak/cells.ts";

describe("a kernel that runs cell after cell", function () {
  this.timeout(300_000);

  it("holds what it held: 300 cells of all kinds, figures and interrupts among them", async () => {
    assert.deepEqual(growing(await soakCells(300, { seed: 7 })), []);
  });

  it("is found when its cells keep things", async () => {
    const keeps = { code: () => "((globalThis as any).kept ??= []).push(new Array(20_000).fill(0.5)); 1" };
    const grown = growing(await soakCells(60, { also: keeps }));
    assert.match(grown.join(), /heap/);
  });
});

describe("judging the looks at a kernel", () => {
  const MB = 2 ** 20;
  const held: Held = {
    executions: 1,
    heap: 40 * MB,
    external: 30 * MB,
    arrayBuffers: 3 * MB,
    rss: 400 * MB,
    listeners: 5,
    contexts: 2,
    handles: 1,
  };
  const table: [claim: string, change: (i: number) => Partial<Held>, wanted: RegExp][] = [
    ["equal looks are flat", () => ({}), /^$/],
    ["a first quarter that fills up is flat", (i) => ({ heap: Math.min(i, 4) * 20 * MB }), /^$/],
    ["what jumps about is flat", (i) => ({ heap: (40 + (i % 3)) * MB, handles: i % 5 }), /^$/],
    ["a heap that grows", (i) => ({ heap: (40 + i) * MB }), /^heap: /],
    ["one listener more", (i) => ({ listeners: i < 15 ? 5 : 6 }), /^listeners: 5 → 6$/],
  ];
  for (const [claim, change, wanted] of table) {
    it(claim, () => {
      const looks = Array.from({ length: 20 }, (_, i) => ({ ...held, ...change(i) }));
      assert.match(growing(looks).join(), wanted);
    });
  }
});
