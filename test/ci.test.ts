/** `npm test` itself: what it makes of what its suites print. A wrong count here would hide every other failure. */
import assert from "node:assert/strict";
import { count, failures, judge } from "../.ci/test.mjs";

describe("npm test", () => {
  const printed: [claim: string, output: string, passed: number, failed: number][] = [
    ["mocha's own lines", "  ✔ a\n\n  12 passing (3s)\n  2 failing\n\n  1) x", 12, 2],
    ["mocha's lines in colour", "\u001b[92m \u001b[0m\u001b[32m 7 passing\u001b[0m\u001b[90m (2s)\u001b[0m\n", 7, 0],
    ["two runs of mocha, added", "  3 passing (1s)\n  4 passing (1s)\n  1 failing\n", 7, 1],
    ["our own last line, not mocha's", "  9 passing (1s)\n1 passed, 0 failed\nmore\n8 passed, 1 failed\n", 8, 1],
    ["a test whose name sounds like a count", "  ✔ 5 passing cars\n", 0, 0],
    ["nothing", "", 0, 0],
  ];
  for (const [claim, output, passed, failed] of printed) {
    it(`counts ${claim}`, () => assert.deepEqual(count(output), { passed, failed }));
  }

  const judged: [
    claim: string,
    result: { code: number | string; output: string; counts?: boolean },
    passed: number,
    failed: number,
  ][] = [
    ["a suite that passes", { code: 0, output: "  3 passing" }, 3, 0],
    ["a suite with failures", { code: 1, output: "  3 passing\n  1 failing" }, 3, 1],
    ["failures although it ended well", { code: 0, output: "  3 passing\n  1 failing" }, 3, 1],
    ["a crash after tests that passed", { code: "SIGSEGV", output: "  3 passing" }, 3, 1],
    ["a crash before any test", { code: 7, output: "" }, 0, 1],
    ["a suite that ran no test", { code: 0, output: "  0 passing" }, 0, 1],
    [
      "a pattern without a file",
      { code: 0, output: 'Warning: Cannot find any files matching pattern "test/x.test.ts"\n\n  3 passing' },
      3,
      1,
    ],
    ["a program that succeeds", { code: 0, output: "", counts: false }, 1, 0],
    ["a program that fails", { code: 2, output: "  3 passing", counts: false }, 0, 1],
  ];
  for (const [claim, result, passed, failed] of judged) {
    it(`${claim}: ${passed} passed, ${failed} failed`, () => {
      const verdict = judge(result);
      assert.deepEqual([verdict.passed, verdict.failed], [passed, failed]);
    });
  }

  const failed: [claim: string, output: string, told: string[]][] = [
    [
      "the titles of mocha's failures and what they say",
      "  3 passing (1s)\n  2 failing\n\n  1) a suite\n       a test: with a colon:\n\n      AssertionError: no\n" +
        "      + 1\n      at f (a.ts:1:2)\n\n  2) another\n       test:\n     Error: late\n      at g (b.ts:3:4)\n",
      ["a suite › a test: with a colon:\n      AssertionError: no\n      + 1", "another › test:\n     Error: late"],
    ],
    [
      "failures in colour, of two runs of mocha",
      "\u001b[31m  1 failing\u001b[0m\n\n\u001b[0m  1) a\n       b:\n     c\n  5 passing\n" +
        "  1 failing\n\n  1) d\n       e:\n     f",
      ["a › b:\n     c\n  5 passing", "d › e:\n     f"],
    ],
    ["the first lines of a long message", "  1 failing\n\n  1) a:\n" + "x\n".repeat(100), ["a:" + "\nx".repeat(8)]],
    ["the last lines of a program without tests", "1\n\n" + "y\n".repeat(100), ["y\n".repeat(8).trimEnd()]],
  ];
  for (const [claim, output, told] of failed) {
    it(`repeats at the end ${claim}`, () => assert.deepEqual(failures(output), told));
  }
});
