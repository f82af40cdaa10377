/** When a session is ended because of its memory: by looks at what the process has, in MB. */
import assert from "node:assert/strict";
import { MemoryWatch } from "../../kernel/session/memoryWatch.ts";

const MB = 2 ** 20;
/** A machine of 16 GB on which nothing else runs, and a session that may have 700 MB. */
const look = (used: number, total = 16_000) => ({ used: used * MB, left: (total - used) * MB, total: total * MB });

const table: { name: string; limit?: number; used: number[]; ends: number[] }[] = [
  { name: "below the limit nothing ends", limit: 700, used: [100, 690, 100], ends: [] },
  { name: "above it the session ends, once", limit: 700, used: [100, 720, 720, 100], ends: [720] },
  { name: "and again, when it was below in between", limit: 700, used: [720, 100, 720], ends: [720, 720] },
  {
    name: "what stays with the process after a session is not the next one's",
    limit: 700,
    used: [720, 650, 720, 600, 680, 720],
    ends: [720, 720, 720],
  },
  {
    name: "a next one that begins above the limit may start, and ends when it grows on",
    limit: 700,
    used: [740, 760, 780, 860, 900, 1000, 1010, 1040],
    ends: [740, 900, 1040],
  },
  { name: "what it may take is counted from the least", limit: 700, used: [900, 760, 880, 890], ends: [900, 890] },
  { name: "without a limit a machine that is almost full ends it", used: [100, 15_300, 15_400, 100], ends: [15_400] },
];

describe("the watch over the memory", () => {
  for (const { name, limit, used, ends } of table) {
    it(name, () => {
      const watch = new MemoryWatch(limit && limit * MB);
      assert.deepEqual(
        used.filter((value) => watch.next(look(value)) !== undefined),
        ends,
      );
    });
  }
  it("says what was taken and what is allowed", () => {
    assert.match(new MemoryWatch(700 * MB).next(look(720))!, /has taken 720 MB of memory.* allows \(700 MB\)/);
    assert.match(new MemoryWatch(undefined).next(look(15_500))!, /has taken 15\.1 GB.* machine \(15\.6 GB\)/);
  });
});
