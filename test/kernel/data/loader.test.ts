import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { DataLoader, randomSplit, TensorDataset, type DataLoaderOptions } from "../../../kernel/data/index.ts";
import { arange, manualSeed, rand, tensor, zeros, type Tensor } from "../../../kernel/tensor/index.ts";
import { view } from "../../../kernel/tensor/tensor.ts";

/** What torch.utils.data gives (test/golden/makeLoader.py). */
interface Golden {
  loaders: {
    n: number;
    manualSeed: number;
    seed: number | null;
    batchSize: number;
    shuffle: boolean;
    dropLast: boolean;
    epochs: number[][][];
    rand: number;
  }[];
  splits: { n: number; lengths: number[]; manualSeed: number; seed: number | null; parts: number[][] }[];
}

/** n samples: x[i] = [10 i, 10 i + 1], y[i] = i. */
function dataset(n: number) {
  const x = tensor(Array.from({ length: n }, (_, i) => [10 * i, 10 * i + 1]));
  return new TensorDataset(x, tensor(Int32Array.from({ length: n }, (_, i) => i)));
}
const epoch = (loader: Iterable<readonly [Tensor, Tensor]>) => [...loader].map(([, y]) => y.toArray() as number[]);
const loader = (n: number, options: DataLoaderOptions) => new DataLoader(dataset(n), options);

describe("data: TensorDataset and DataLoader", () => {
  const plain: [string, number, DataLoaderOptions, number[][]][] = [
    ["one sample at a time by default", 2, {}, [[0], [1]]],
    ["the last batch has what is left", 5, { batchSize: 2 }, [[0, 1], [2, 3], [4]]],
    [
      "dropLast leaves it out",
      5,
      { batchSize: 2, dropLast: true },
      [
        [0, 1],
        [2, 3],
      ],
    ],
    [
      "dropLast keeps a full one",
      4,
      { batchSize: 2, dropLast: true },
      [
        [0, 1],
        [2, 3],
      ],
    ],
    ["a batch larger than the data", 2, { batchSize: 9 }, [[0, 1]]],
  ];
  for (const [claim, n, options, want] of plain) {
    it(`batches: ${claim}; length says how many`, () => {
      const batches = loader(n, options);
      assert.deepEqual(epoch(batches), want);
      assert.deepEqual(epoch(batches), want);
      assert.equal(batches.length, want.length);
    });
  }

  it("a batch has the rows of every tensor, with its dtype and its other sizes", () => {
    for (const [x, y] of loader(7, { batchSize: 3, shuffle: true, seed: 4 })) {
      assert.deepEqual([x.dtype, y.dtype, x.shape[1]], ["float32", "int32", 2]);
      const labels = y.toArray() as number[];
      assert.deepEqual(
        x.toArray(),
        labels.map((i) => [10 * i, 10 * i + 1]),
      );
    }
  });

  it("a batch is a copy: writing to it leaves the data alone", () => {
    const images = zeros(2, 3);
    const [[batch]] = [...new DataLoader(new TensorDataset(images), { batchSize: 2 })] as [[Tensor]];
    batch.storage.array().fill(5);
    assert.deepEqual(images.toArray(), [
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  it("rows of a view that does not lie row by row are the view's rows", () => {
    const columns = view(arange(6), [3, 2], [1, 3]); // [[0, 1, 2], [3, 4, 5]] transposed
    const batches = [...new DataLoader(new TensorDataset(columns), { batchSize: 2 })];
    assert.deepEqual(
      batches.map(([x]) => x!.toArray()),
      [
        [
          [0, 3],
          [1, 4],
        ],
        [[2, 5]],
      ],
    );
  });

  it("shuffled: every epoch has every sample once, for any size, batch and seed", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer(),
        (n, batchSize, seed) => {
          const batches = loader(n, { batchSize, shuffle: true, seed });
          for (let k = 0; k < 2; k++) {
            const seen = epoch(batches)
              .flat()
              .sort((a, b) => a - b);
            assert.deepEqual(
              seen,
              Array.from({ length: n }, (_, i) => i),
            );
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("each epoch has a new order, and each place is reached by each sample equally often", () => {
    const batches = loader(3, { batchSize: 3, shuffle: true, seed: 0 });
    const counts = new Map<string, number>();
    for (let k = 0; k < 6000; k++) {
      const order = String(epoch(batches));
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    // Six orders, 1000 each expected; five standard deviations are 144.
    assert.equal(counts.size, 6);
    for (const [order, count] of counts) assert.ok(Math.abs(count - 1000) < 150, `${order}: ${count}`);
  });

  it("same seed, same batches, epoch by epoch, whatever else draws random numbers: a fair comparison of optimizers", () => {
    const options = { batchSize: 4, shuffle: true, seed: 7 };
    const [a, b] = [loader(30, options), loader(30, options)];
    manualSeed(1);
    const first = [epoch(a), epoch(a)];
    rand(100);
    manualSeed(2);
    assert.deepEqual([epoch(b), epoch(b)], first);
    assert.notDeepEqual(first[0], first[1]);
    assert.notDeepEqual(epoch(loader(30, { ...options, seed: 8 })), first[0]);
  });

  it("with a seed the global numbers are left alone", () => {
    manualSeed(3);
    const untouched = rand(1).item();
    manualSeed(3);
    epoch(loader(30, { shuffle: true, seed: 1 }));
    assert.equal(rand(1).item(), untouched);
  });

  const { loaders, splits }: Golden = JSON.parse(
    readFileSync(new URL("../../golden/loader.json", import.meta.url), "utf8"),
  );
  for (const { n, manualSeed: global, seed, epochs, rand: after, ...options } of loaders) {
    it(`the order of ${n} samples is PyTorch's: ${JSON.stringify({ manualSeed: global, seed, ...options })}`, () => {
      manualSeed(global);
      const batches = loader(n, seed === null ? options : { ...options, seed });
      assert.deepEqual([epoch(batches), epoch(batches)], epochs);
      assert.equal(rand(1).item(), after);
    });
  }
  for (const { n, lengths, manualSeed: global, seed, parts } of splits) {
    it(`randomSplit of ${n} into ${lengths.join(", ")} is PyTorch's, seed ${seed}`, () => {
      manualSeed(global);
      const subsets = randomSplit(dataset(n), lengths, seed === null ? {} : { seed });
      assert.deepEqual(
        subsets.map(({ indices }) => [...indices]),
        parts,
      );
    });
  }

  it("for await gives the same batches and lets a timer in between two of them", async () => {
    const batches = loader(6, { batchSize: 2, shuffle: true, seed: 5 });
    const want = epoch(loader(6, { batchSize: 2, shuffle: true, seed: 5 }));
    const events: unknown[] = [];
    setImmediate(() => events.push("timer"));
    for await (const [, y] of batches) events.push(y.toArray());
    assert.deepEqual(events, [want[0], "timer", want[1], want[2]]);
  });

  const mistakes: [string, () => unknown, RegExp][] = [
    [
      "an unknown option",
      () => loader(2, { batchsize: 3 } as object),
      /DataLoader: unknown option "batchsize"\. Options: batchSize, /,
    ],
    [
      "a batch of nothing",
      () => loader(2, { batchSize: 0 }),
      /DataLoader: batchSize must be a whole number ≥ 1, got 0/,
    ],
    ["half a seed", () => loader(2, { seed: 0.5 }), /DataLoader: seed must be a whole number, got 0\.5/],
    [
      "a tensor instead of a data set",
      () => new DataLoader(zeros(2) as never),
      /DataLoader: needs a data set.*got Tensor/,
    ],
    [
      "unequal sizes",
      () => new TensorDataset(zeros(2, 3), zeros(4)),
      /TensorDataset: \[2, 3\], \[4\]: the first sizes must be equal/,
    ],
    ["a tensor without dims", () => new TensorDataset(tensor(1)), /TensorDataset: \[\]/],
    ["no tensor", () => new TensorDataset(), /TensorDataset: needs tensors.*got nothing/],
    ["an array", () => new TensorDataset([1, 2] as never), /TensorDataset: needs tensors.*got \[1, 2\]/],
    [
      "a sample that is not there",
      () => dataset(2).batch(Int32Array.of(2)),
      /TensorDataset: there is no sample 2; they are numbered 0 … 1/,
    ],
  ];
  for (const [what, make, message] of mistakes)
    it(`${what} is an error that says so`, () => assert.throws(make, message));
});
