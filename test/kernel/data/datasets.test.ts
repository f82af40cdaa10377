import assert from "node:assert/strict";
import * as data from "../../../kernel/data/index.ts";
import { collate } from "../../../kernel/data/collate.ts";
import { tensor, Tensor, zeros } from "../../../kernel/tensor/index.ts";

/** Tensors as [dtype, nested arrays], the rest as it is. */
const plain = (value: unknown): unknown =>
  value instanceof Tensor
    ? [value.dtype, value.toArray()]
    : Array.isArray(value)
      ? value.map(plain)
      : typeof value === "object" && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]))
        : value;
const set = (...numbers: number[]) => new data.TensorDataset(tensor(numbers), tensor(Int32Array.from(numbers)));
const row = (i: number) => tensor([i, i]);

describe("data: samples, parts and joined data sets", () => {
  const collated: [string, unknown[], unknown][] = [
    ["numbers", [1, 2.5], ["float32", [1, 2.5]]],
    ["booleans", [true, false], ["bool", [true, false]]],
    ["texts", ["a", "b"], ["a", "b"]],
    [
      "tensors",
      [row(1), row(2)],
      [
        "float32",
        [
          [1, 1],
          [2, 2],
        ],
      ],
    ],
    ["0-d int32 tensors", [tensor(3, { dtype: "int32" }), tensor(4, { dtype: "int32" })], ["int32", [3, 4]]],
    [
      "typed arrays",
      [Float64Array.of(1, 2), Float64Array.of(3, 4)],
      [
        "float64",
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ],
    [
      "tuples",
      [
        [row(1), 0],
        [row(2), 1],
      ],
      [
        [
          "float32",
          [
            [1, 1],
            [2, 2],
          ],
        ],
        ["float32", [0, 1]],
      ],
    ],
    [
      "objects",
      [
        { x: 1, name: "a" },
        { x: 2, name: "b" },
      ],
      { x: ["float32", [1, 2]], name: ["a", "b"] },
    ],
  ];
  for (const [kind, samples, want] of collated) {
    it(`samples that are ${kind} become a batch`, () => assert.deepEqual(plain(collate(samples)), want));
  }

  const refused: [string, unknown[], RegExp][] = [
    [
      "unequal shapes",
      [zeros(2), zeros(3)],
      /sample 0 of the batch is float32 \[2\], sample 1 is float32 \[3\].*collate/,
    ],
    [
      "a number among tensors",
      [zeros(2), 1],
      /sample 0 of the batch is Tensor float32 \[2\], sample 1 is 1; all must be alike/,
    ],
    ["tuples of two lengths", [[1], [1, 2]], /sample 1 is \[1, 2\]; all must be alike/],
    ["objects with other keys", [{ a: 1 }, { b: 1 }], /sample 1 is an object with b/],
    ["nothing", [undefined], /is or holds undefined; samples are tensors, numbers/],
  ];
  for (const [what, samples, message] of refused) {
    it(`${what} are refused with the samples named`, () => assert.throws(() => collate(samples), message));
  }

  it("an array of samples is a data set, and collate makes the batch", () => {
    const samples = [
      [row(1), 10],
      [row(2), 20],
      [row(3), 30],
    ] as const;
    assert.deepEqual([...new data.DataLoader(samples, { batchSize: 2 })].map(plain), [
      [
        [
          "float32",
          [
            [1, 1],
            [2, 2],
          ],
        ],
        ["float32", [10, 20]],
      ],
      [
        ["float32", [[3, 3]]],
        ["float32", [30]],
      ],
    ]);
    const sums = new data.DataLoader([1, 2, 3], {
      batchSize: 2,
      collate: (batch: number[]) => batch.reduce((a, b) => a + b),
    });
    assert.deepEqual([...sums], [3, 3]);
  });

  it("map sees the batch, its number and its epoch", () => {
    const loader = new data.DataLoader(set(5, 6, 7), {
      batchSize: 2,
      map: ([x]: readonly Tensor[], { batch, epoch }: data.BatchContext) => [epoch, batch, ...x!.toTypedArray()],
    });
    assert.deepEqual(
      [...loader, ...loader],
      [
        [0, 0, 5, 6],
        [0, 1, 7],
        [1, 0, 5, 6],
        [1, 1, 7],
      ],
    );
  });

  for (const [kind, dataset] of [
    ["tensors", set(10, 20, 30, 40)],
    ["samples", [10, 20, 30, 40].map((v) => [v, tensor(v, { dtype: "int32" })])],
  ] as const) {
    const batches = (dataset: data.Dataset<unknown>) => [...new data.DataLoader(dataset, { batchSize: 2 })].map(plain);
    it(`Subset and ConcatDataset of ${kind}`, () => {
      const subset = new data.Subset(dataset, [3, 1, 1]);
      assert.deepEqual(batches(subset), [
        [
          ["float32", [40, 20]],
          ["int32", [40, 20]],
        ],
        [
          ["float32", [20]],
          ["int32", [20]],
        ],
      ]);
      const both = new data.ConcatDataset([new data.Subset(dataset, []), subset, new data.Subset(dataset, [0])]);
      assert.equal(both.length, 4);
      assert.deepEqual(batches(new data.Subset(both, [3, 0, 2, 1])), [
        [
          ["float32", [10, 40]],
          ["int32", [10, 40]],
        ],
        [
          ["float32", [20, 20]],
          ["int32", [20, 20]],
        ],
      ]);
    });
  }

  it("the two parts of a random split are all samples, each once, also of a joined and asynchronous data set", async () => {
    const slow = { length: 3, batch: async (indices: Int32Array) => set(1, 2, 3).batch(indices) };
    const both = new data.ConcatDataset([set(10, 20), slow]);
    const parts = data.randomSplit(both, [2, 3], { seed: 1 });
    const seen: number[] = [];
    for (const part of parts) {
      for await (const [x] of new data.DataLoader(part, { batchSize: 9 })) seen.push(...(x!.toArray() as number[]));
    }
    assert.deepEqual(
      seen.toSorted((a, b) => a - b),
      [1, 2, 3, 10, 20],
    );
  });

  const mistakes: [string, () => unknown, RegExp][] = [
    [
      "a subset beyond the end",
      () => new data.Subset(set(1, 2), [2]),
      /Subset: there is no sample 2; they are numbered 0 … 1/,
    ],
    ["a sample of nothing", () => new data.Subset(set(1), []).batch(Int32Array.of(0)), /no sample 0; there are none/],
    ["half a sample", () => new data.Subset(set(1, 2), [0.5]), /no sample 0\.5/],
    [
      "lengths that do not add up",
      () => data.randomSplit(set(1, 2, 3), [1, 1]),
      /lengths \[1, 1\] add up to 2; they must add up to the 3 samples/,
    ],
    [
      "no lengths",
      () => data.randomSplit(set(1), [] as number[]),
      /needs lengths or shares like \[0\.8, 0\.2\], got \[\]/,
    ],
    ["no data sets", () => new data.ConcatDataset([]), /ConcatDataset: needs an array of data sets, got \[\]/],
    [
      "data sets of two kinds",
      () => new data.ConcatDataset([set(1), [1]]),
      /some of the data sets give batches and some single samples/,
    ],
    [
      "tensors of two shapes",
      () =>
        new data.ConcatDataset([new data.TensorDataset(zeros(1, 2)), new data.TensorDataset(zeros(1, 3))]).batch(
          Int32Array.of(0, 1),
        ),
      /ConcatDataset: samples of float32 \[2\] and of float32 \[3\] do not go/,
    ],
    ["a file name", () => new data.DataLoader("x" as never), /needs a data set.*got "x"/],
  ];
  for (const [what, call, message] of mistakes)
    it(`${what} is an error that says so`, () => assert.throws(call, message));
});
