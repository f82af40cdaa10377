import assert from "node:assert/strict";
import fc from "fast-check";
import { program, steps } from "./languagePrograms.ts";
import { TestSession } from "./languageSession.ts";

/** Variables and what was said, after everything that was started has ended. */
async function variablesAfter(cells: string[]): Promise<{ [name: string]: unknown }> {
  const session = new TestSession();
  for (const cell of cells) await session.run(cell);
  await new Promise(setImmediate);
  const variables = Object.entries(session.variables()).filter(
    ([, value]) => typeof value !== "function" && !isHolder(value),
  );
  return Object.fromEntries(variables.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** An array of functions cannot be compared. */
function isHolder(value: unknown): boolean {
  return Array.isArray(value) && typeof value[0] === "function";
}

describe("a cell split at any statement boundary", function () {
  this.timeout(120_000);

  it("leaves the same variables as the whole", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 2, maxLength: 8 }), async (chosen) => {
        const lines = program(chosen);
        const whole = await variablesAfter([lines.join("\n")]);
        for (let at = 1; at < lines.length; at++) {
          const parts = [lines.slice(0, at).join("\n"), lines.slice(at).join("\n")];
          assert.deepEqual(await variablesAfter(parts), whole, parts.join("\n// --- cell ---\n"));
        }
        assert.deepEqual(await variablesAfter(lines), whole, lines.join("\n// --- cell ---\n"));
      }),
      { numRuns: 30 },
    );
  });

  it("and as the same text run by JavaScript itself", async () => {
    const AsyncFunction = (async () => {}).constructor as new (
      code: string,
    ) => () => Promise<{ [name: string]: unknown }>;
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 8 }), async (chosen) => {
        const lines = program(chosen);
        const got = await variablesAfter([lines.join("\n")]);
        const native = await new AsyncFunction(
          `"use strict"; ${lines.join("\n")}\nawait new Promise(setImmediate); return { ${Object.keys(got).join(", ")} }`,
        )();
        assert.deepEqual(got, native, lines.join("\n"));
      }),
      { numRuns: 100 },
    );
  });
});
