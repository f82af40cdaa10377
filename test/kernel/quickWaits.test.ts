import assert from "node:assert/strict";
import type { AwaitSite } from "../../kernel/language/transform.ts";
import { QuickWaits, WAITS_PER_LOOK } from "../../kernel/session/quickWaits.ts";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe("waits of an await", () => {
  const began = (): { waits: QuickWaits; site: AwaitSite; wait(times: number): void } => {
    const waits = new QuickWaits();
    const site = { quick: 0, looks: 0, lookedAt: 0 };
    return {
      waits,
      site,
      wait: (times) => Array.from({ length: times }).forEach(() => waits.ended(site, waits.turn())),
    };
  };

  it("are watched until many have ended at once", () => {
    const { site, wait } = began();
    wait(255);
    assert.equal(site.looks, 0);
    wait(1);
    assert.ok(site.looks > 0);
  });
  it("are left to the language for longer and longer, up to a limit", () => {
    const { site, wait } = began();
    wait(256);
    const first = site.looks;
    wait(1);
    assert.equal(site.looks, 2 * first);
    wait(100);
    assert.equal(site.looks * WAITS_PER_LOOK, 1 << 14);
  });
  it("are watched again in the next turn of the event loop", async () => {
    const { site, wait } = began();
    wait(300);
    site.quick = WAITS_PER_LOOK;
    await nextTurn();
    assert.deepEqual([site.quick, site.looks], [0, 0]);
  });
  it("begin anew after one that was not over at once", async () => {
    const { site, waits, wait } = began();
    const turn = waits.turn();
    wait(255);
    await nextTurn();
    waits.ended(site, turn);
    wait(255);
    assert.equal(site.looks, 0);
  });
});
