/** The benchmark of the engine, as far as it computes nothing on a clock: options, medians, tables, turns. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import prettier from "prettier";
import { parseEngineArguments } from "./engine/arguments.ts";
import { interleave, type Measured, type Runner } from "./engine/interleave.ts";
import { withSpeed } from "./engine/readme.ts";
import { inUnit, peersOf, rows, type Row } from "./engine/rows.ts";
import { median, spread } from "./engine/statistics.ts";
import { failures, number, resultTable, times, type Result } from "./engine/table.ts";
import { workloads } from "./workloads/index.ts";

const here = import.meta.dirname;
const row = (id: string): Row => rows.find((one) => one.id === id)!;

describe("bench: options", () => {
  const refused: [args: string[], message: RegExp][] = [
    [["--peer", "tfjs"], /unknown option --peer\. Options: --only, --peers/],
    [["mlp"], /unknown option mlp/],
    [["--only", "mlp,lenett"], /unknown row "lenett"\. Rows: matmul64, .*lenet/],
    [["--peers", "torch1,jax"], /unknown peer "jax"\. Peers: torch1, torch1-avx2, torch2, tfjs, or none/],
    [["--rounds", "0"], /--rounds must be a whole number ≥ 1, got "0"/],
    [["--rounds"], /--rounds needs a value/],
    [["--rounds", "--write"], /--rounds needs a value/],
    [["--threads", "3"], /--threads must be 1 or 2, got "3"/],
    [["--seconds", "soon"], /--seconds must be a number > 0, got "soon"/],
    [["--write=yes"], /--write takes no value/],
    [["--only", "mlp", "--threads", "2"], /no row is left by --only, --threads and --peers/],
    [["--only", "adam-fused", "--peers", "torch1"], /no row is left/],
  ];
  for (const [args, message] of refused) {
    it(`${args.join(" ")} is refused by name`, () =>
      assert.throws(() => parseEngineArguments(args), { name: "UsageError", message }));
  }

  const ids = (...args: string[]) => parseEngineArguments(args).rows.map(({ id }) => id);
  const chosen: [args: string[], wanted: string[]][] = [
    [
      ["--only", "lenet,mlp"],
      ["mlp", "lenet"],
    ],
    [["--only=adam"], ["adam", "adam-foreach", "adam-fused"]],
    [["--only=adam", "--peers=tfjs"], ["adam"]],
    [
      ["--only", "matmul", "--threads", "1"],
      ["matmul64", "matmul256", "matmul512", "matmul1024"],
    ],
    [
      ["--threads", "2"],
      ["matmul256-2t", "matmul512-2t", "matmul1024-2t"],
    ],
  ];
  for (const [args, wanted] of chosen) {
    it(`${args.join(" ")}: ${wanted.join(", ")}`, () => assert.deepEqual(ids(...args), wanted));
  }
  it("none given: every row, every peer", () => {
    const { rows: all, peers, rounds, revectorize, write } = parseEngineArguments([]);
    assert.deepEqual(all, rows);
    assert.deepEqual([peers.length, rounds, revectorize, write], [4, 5, true, false]);
    assert.deepEqual(parseEngineArguments(["--peers", "none", "--no-revectorize", "--write"]).peers, []);
  });
});

describe("bench: rows", () => {
  it("every row's work is written for us and for each peer that it stands beside", () => {
    const pytorch = readFileSync(path.join(here, "peers/pytorch.py"), "utf8");
    const tfjs = readFileSync(path.join(here, "peers/tfjs.mjs"), "utf8");
    const [, tfjsWorks] = /^const works = \{([^}]*)\}/m.exec(tfjs)!;
    // Python makes the products' names in a loop.
    const inPython = (work: string) => pytorch.includes(`"${work}":`) || /^matmul(64|256|512|1024)$/.test(work);
    const missing = rows.flatMap((one) => [
      ...(workloads[one.work] ? [] : [`${one.id}: ours`]),
      ...(inPython(one.torchWork ?? one.work) ? [] : [`${one.id}: pytorch.py`]),
      ...(!peersOf(one).includes("tfjs") || new RegExp(`\\b${one.work}\\b`).test(tfjsWorks!)
        ? []
        : [`${one.id}: tfjs.mjs`]),
    ]);
    assert.deepEqual(missing, []);
  });

  it("a rate is told in the unit of its row", () => {
    assert.equal(Math.round(inUnit(row("matmul1024"), 50)), Math.round((50 * 2 * 1024 ** 3) / 1e9));
    assert.equal(inUnit(row("adam"), 50), 20);
    assert.equal(inUnit(row("chain"), 1000), 20);
    assert.equal(inUnit(row("mlp"), 1000), 1000);
  });
});

describe("bench: numbers", () => {
  it("the median is the middle one, or the mean of the two", () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 3, 2]), 2.5);
    assert.ok(Number.isNaN(median([])));
  });
  it("the spread is half the range beside the median", () => assert.equal(spread([9, 10, 12]), 0.15));

  const shown: [x: number, wanted: string][] = [
    [0.01234, "0.0123"],
    [1.234, "1.23"],
    [9.999, "10.0"],
    [56.78, "56.8"],
    [999.4, "999"],
    [999.6, "1,000"],
    [12345.6, "12,350"],
    [0, "0.00"],
    [NaN, "–"],
  ];
  for (const [x, wanted] of shown) it(`${x} is shown as ${wanted}`, () => assert.equal(number(x), wanted));
  it("ratios have two decimals below 10", () => {
    assert.deepEqual([1.004, 9.5, 12.34, 1234].map(times), ["1.00", "9.50", "12.3", "1,230"]);
  });
});

describe("bench: table", () => {
  const rates = (...values: number[]): Measured => ({ rates: values });
  const results: Result[] = [
    { row: row("mlp"), ours: rates(2400, 2500, 2600), peers: { torch1: rates(1000), tfjs: rates(1000) } },
    {
      row: row("lenet"),
      ours: rates(100),
      peers: { torch1: rates(100), tfjs: { error: "Kernel 'Conv2DBackpropFilter' not registered" } },
    },
    { row: row("cifar"), ours: rates(10), peers: { tfjs: { error: "Kernel 'Conv2DBackpropFilter' not registered" } } },
    { row: row("adam-fused"), ours: rates(100), peers: {} },
  ];
  const titles = { torch1: "PyTorch 1.13", tfjs: "tfjs" };
  const cells = (text: string) => text.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));

  it("says what was reached beside what is wanted", () => {
    const [head, , mlp, lenet, cifar, fused] = cells(resultTable(results, titles, true));
    assert.deepEqual(head!.slice(3, -1), ["Gradbook", "PyTorch 1.13", "×", "wanted", "tfjs", "×"]);
    assert.deepEqual(mlp!.slice(2, -1), [
      "steps/s",
      "2,500 ± 4 %",
      "1,000 ± 0 %",
      "2.50 ✓",
      "2",
      "1,000 ± 0 %",
      "2.50 ✗",
    ]);
    assert.deepEqual(lenet!.slice(3, -1), ["100 ± 0 %", "100 ± 0 %", "1.00 ✗", "1.5", "cannot", ""]);
    assert.deepEqual(cifar!.slice(3, -1), ["10.0 ± 0 %", "", "", "1.2", "cannot", ""]);
    assert.deepEqual(fused!.slice(2, -1), ["ms", "10.0 ± 0 %", "", "", "", "", ""]);
  });
  it("wants less without revectorization", () => {
    const [, , mlp] = cells(resultTable(results, titles, false));
    assert.deepEqual(mlp!.slice(5, 7), ["2.50 ✓", "1.4"]);
  });
  it("gives a reason once for all rows that it kept from a number", () => {
    assert.deepEqual(failures(results, titles), ["tfjs: Kernel 'Conv2DBackpropFilter' not registered (lenet, cifar)"]);
  });

  it("goes between its marks in the README, as prettier would write it", async () => {
    const readme = readFileSync(path.join(here, "../../README.md"), "utf8");
    const notes = "- Machine: two cores.\n- Medians of 5 windows.";
    const text = withSpeed(readme, `${resultTable(results, titles, true)}\n\n${notes}`);
    const options = await prettier.resolveConfig(path.join(here, "../../README.md"));
    assert.equal(await prettier.format(text, { ...options, parser: "markdown" }), text);
    assert.ok(text.includes(notes));
    assert.equal(withSpeed(text, "x"), withSpeed(readme, "x"));
    assert.throws(() => withSpeed("# No marks\n", "x"), /README\.md has no part <!-- speed/);
  });
});

describe("bench: turns", () => {
  /** Notes what it is asked for; each window takes one more run than the last. */
  function runner(name: string, asked: string[], failsAt = ""): Runner {
    let count = 0;
    const note = (what: string): void => {
      asked.push(`${name} ${what}`);
      if (what === failsAt) throw new Error(`${name} cannot`);
    };
    const window = (): { count: number; seconds: number } => ({ count: ++count, seconds: 0.5 });
    return {
      name,
      prepare: async (work) => (note(`prepares ${work}`), window()),
      window: async () => (note("window"), window()),
      drop: async () => note("drops"),
    };
  }

  it("all are ready before the first window, and another begins each round", async () => {
    const asked: string[] = [];
    const measured = await interleave(
      [
        [runner("a", asked), "mlp"],
        [runner("b", asked), "mlpToo"],
      ],
      { rounds: 2, seconds: 1 },
    );
    const windows = ["a window", "b window", "b window", "a window"];
    assert.deepEqual(asked, ["a prepares mlp", "b prepares mlpToo", ...windows, "a drops", "b drops"]);
    // The run that warmed up does not count.
    assert.deepEqual(measured.get("a"), { rates: [4, 6] });
  });

  for (const failsAt of ["prepares mlp", "window"]) {
    it(`one who fails at "${failsAt}" is out, and the others go on`, async () => {
      const asked: string[] = [];
      const runners = [runner("a", asked, failsAt), runner("b", asked)];
      const measured = await interleave(
        runners.map((one) => [one, "mlp"] as const),
        { rounds: 3, seconds: 1 },
      );
      assert.deepEqual(measured.get("a"), { error: "a cannot" });
      assert.deepEqual(measured.get("b"), { rates: [4, 6, 8] });
      assert.ok(asked.filter((what) => what === "a window").length <= 1);
    });
  }
});
