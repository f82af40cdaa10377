import assert from "node:assert/strict";
import fc from "fast-check";
import { manualSeed, MemoryError, nn, optim, rand, zeros, type Tensor } from "../../../kernel/gradbook.ts";
import {
  allocate,
  lastSpan,
  memoryUsage,
  rebuild,
  release,
  roundUp,
  sweep,
  type Span,
} from "../../../kernel/wasm/allocator.ts";
import { heap } from "../../../kernel/wasm/memory.ts";

interface Piece {
  address: number;
  bytes: number;
  span: Span;
}

/** No two pieces of memory in use overlap: each is filled with a number of its own, and still holds it. */
function check(actions: readonly { bytes: number; then: "keep" | "release" | "drop" | "sweep" | "rebuild" }[]): void {
  let pieces: Piece[] = [];
  const fill = ({ address, bytes }: Piece, i: number): void =>
    void heap.u8.fill(1 + (i % 250), address, address + bytes);
  for (const { bytes, then } of actions) {
    const address = allocate(bytes);
    pieces.push({ address, bytes, span: lastSpan });
    assert.equal(address % 64, 0);
    pieces.forEach(fill);
    pieces.forEach((piece, i) => {
      for (const at of [piece.address, piece.address + piece.bytes - 1])
        assert.equal(heap.u8[at], 1 + (i % 250), `piece ${i} of ${pieces.length}, ${piece.bytes} bytes`);
    });
    if (then === "release") {
      const [first] = pieces.splice(0, 1);
      release(first!.span, first!.address);
    } else if (then === "drop") pieces = pieces.slice(Math.ceil(pieces.length / 2));
    else if (then === "sweep") sweep();
    else if (then === "rebuild") rebuild();
  }
}

describe("the engine's memory", () => {
  it("never gives the same bytes to two", () => {
    const action = fc.record({
      bytes: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 200_000 })),
      then: fc.constantFrom("keep", "keep", "keep", "release", "drop", "rebuild" as const),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => check(actions)),
      { numRuns: 40 },
    );
    check([..."abcdefgh"].map((_, i) => ({ bytes: 100_000 + i, then: i % 3 === 2 ? "sweep" : "drop" })));
  });

  it("rounds sizes up by at most a sixteenth, so that freed memory fits again", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), (bytes) => {
        const size = roundUp(bytes);
        assert.ok(size >= bytes && size % 64 === 0 && size <= Math.max(bytes + 64, bytes * 1.0626));
      }),
    );
  });

  it("takes memory back in the middle of a synchronous loop, without dispose", () => {
    sweep();
    const { liveBytes } = memoryUsage();
    // 4 GB in all, more than there is.
    for (let i = 0; i < 1000; i++) zeros(1024, 1024);
    assert.ok(
      memoryUsage().liveBytes - liveBytes < 1024 * 2 ** 20,
      `${memoryUsage().liveBytes - liveBytes} bytes in use`,
    );
    assert.ok(memoryUsage().reservedBytes < 2 ** 31, `${memoryUsage().reservedBytes} bytes reserved`);
  });

  it("keeps what the program holds, whatever is collected", () => {
    const held: Tensor[] = [];
    for (let i = 0; i < 200; i++) {
      const x = zeros(1 + i * 37).add(i);
      if (i % 5 === 0) held.push(x);
      if (i % 50 === 0) sweep();
    }
    sweep();
    for (let i = 0; i < 50; i++) rand(1000);
    held.forEach((x, i) =>
      assert.equal(
        x
          .sub(5 * i)
          .abs()
          .sum()
          .item(),
        0,
      ),
    );
  });

  it("keeps one small result of each step without the rest of the step", () => {
    manualSeed(0);
    const model = new nn.Linear(64, 64);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
    const losses: Tensor[] = [];
    const step = (): void => {
      optimizer.zeroGrad();
      const loss = model.forward(rand(16, 64)).square().mean();
      loss.backward();
      optimizer.step();
      losses.push(loss);
    };
    for (let i = 0; i < 200; i++) step();
    sweep();
    const before = memoryUsage().liveBytes;
    for (let i = 0; i < 2000; i++) step();
    sweep();
    const kept = (memoryUsage().liveBytes - before) / 2000;
    assert.ok(kept < 1024, `${kept} bytes are kept for each loss`);
    assert.ok(losses.every((loss) => Number.isFinite(loss.item())));
  });

  it("says what there was no room for, and goes on", () => {
    assert.throws(
      () => rand(40_000, 1).add(rand(1, 40_000)),
      (error: Error) =>
        error instanceof MemoryError &&
        /^add: no room for a float32 tensor \[40000, 40000\] \(6104 MB\): .* in use by tensors that the program still holds.* smaller batches/.test(
          error.message,
        ),
    );
    assert.equal(zeros(3).add(1).sum().item(), 3);
  });

  it("uses a gradient's memory again at once when nobody has seen it, and never when somebody has", () => {
    const w = rand(50, 50);
    w.requiresGrad = true;
    const backward = (): void => w.mul(w).sum().backward();
    backward();
    const seen = w.grad!;
    const values = seen.toArray();
    w.grad = undefined;
    for (let i = 0; i < 5; i++) {
      backward();
      w.grad = undefined;
      rand(50, 50);
    }
    assert.deepEqual(seen.toArray(), values);
  });
});
