import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { BackPressure } from "../../extension/backPressure.ts";

/** Changes that end when they are told to. */
function changes(count: number): { promise: Promise<void>; end: () => void }[] {
  return Array.from({ length: count }, () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    return { promise, end: resolve };
  });
}

describe("back-pressure", () => {
  it("64 changes are under way at most; the next one waits until one has ended", async () => {
    const pressure = new BackPressure();
    const all = changes(64);
    let through = 0;
    const added = all.map(async ({ promise }) => {
      await pressure.add(promise);
      through++;
    });
    await setImmediate();
    assert.equal(through, 63);
    all[10]!.end();
    await Promise.all(added);
    assert.equal(through, 64);
  });

  it("settled waits for all; a change that fails does not stop anything", async () => {
    const pressure = new BackPressure();
    const [late] = changes(1);
    await pressure.add(Promise.reject(new Error("the cell is gone")));
    await pressure.add(late!.promise);
    let settled = false;
    const waiting = pressure.settled().then(() => (settled = true));
    await setImmediate();
    assert.equal(settled, false);
    late!.end();
    await waiting;
  });
});
