import assert from "node:assert/strict";
import type { CellExecution } from "../../extension/executions.ts";
import type { KernelCell } from "../../extension/kernelCell.ts";
import { RunQueue } from "../../extension/runQueue.ts";

function queueOf(names: string[]): { queue: RunQueue; cells: KernelCell[]; ended: unknown[][] } {
  const queue = new RunQueue();
  const ended: unknown[][] = [];
  const cells = names.map((name) => ({ name }) as unknown as KernelCell);
  names.forEach((name, i) => {
    const end = (success: boolean | undefined): void => void ended.push([name, success]);
    queue.push({ cell: cells[i]!, execution: { end } as unknown as CellExecution });
  });
  return { queue, cells, ended };
}

describe("the queue of cells", () => {
  it("gives cells in the order in which they came", () => {
    const { queue, cells } = queueOf(["a", "b"]);
    assert.ok(queue.has(cells[1]!));
    assert.deepEqual([queue.next()?.cell, queue.next()?.cell, queue.next()], [...cells, undefined]);
    assert.ok(!queue.has(cells[1]!));
  });

  it("cancelled, it ends what waits as not run", () => {
    const { queue, ended } = queueOf(["a", "b"]);
    queue.next();
    queue.cancel();
    assert.deepEqual(ended, [["b", undefined]]);
    assert.equal(queue.next(), undefined);
  });

  it("cancels only the cells that are named", () => {
    const { queue, cells, ended } = queueOf(["a", "b", "c"]);
    queue.cancel([cells[1]!]);
    assert.deepEqual(ended, [["b", undefined]]);
    assert.deepEqual([queue.next()?.cell, queue.next()?.cell], [cells[0], cells[2]]);
  });
});
