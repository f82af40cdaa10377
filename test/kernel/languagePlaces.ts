/** Where a cell fails and where it stops: the place of `§` in the text, in stack traces and for breakpoints. */
import assert from "node:assert/strict";
import inspector from "node:inspector";
import { decode } from "@jridgewell/sourcemap-codec";
import { originalPosition } from "../../kernel/language/position.ts";
import type { CellCode } from "../../kernel/language/transform.ts";
import { TestSession } from "./languageSession.ts";

/** Declares what `§` calls. */
const FAIL = 'const fail: (...args: any[]) => any = () => { throw new Error("here") }';
const WATCHED = "fail()";

interface Row {
  form: string;
  /** Cells that run before. */
  before?: string[];
  /** `§` is an expression inside the form; the cell runs it. */
  text: string;
}

export function checkPlaces(rows: readonly Row[]): void {
  describe("an error inside it shows line and column of its place", () => {
    for (const { form, before = [], text } of rows) {
      it(form, async () => {
        const session = new TestSession();
        for (const cell of [FAIL, ...before]) await session.run(cell);
        const error = await session.error(text.replace("§", WATCHED));
        assert.equal(error.message, "here");
        assert.deepEqual(session.places(error)[1], { cell: before.length + 2, ...place(text) });
      });
    }
  });

  describe("a breakpoint on its line stops there", () => {
    const debugged = new inspector.Session();
    before(() => {
      debugged.connect();
      debugged.post("Debugger.enable");
    });
    after(() => debugged.disconnect());
    for (const [i, { form, before = [], text }] of rows.entries()) {
      it(form, async () => {
        const { line } = place(text);
        const session = new TestSession();
        // V8 looks for a breakpoint's text near its place when a script of the same name comes again.
        session.prefix = `row${i}`;
        for (const cell of [FAIL, ...before]) await session.run(cell);
        const stops: number[] = [];
        const breakpoints: string[] = [];
        let map: object = {};
        session.onCompile = (cell, filename) => {
          map = cell.map;
          for (const position of generatedPositions(cell, line)) {
            debugged.post("Debugger.setBreakpointByUrl", { url: filename, ...position }, (error, set) => {
              assert.equal(error, null);
              breakpoints.push(set.breakpointId);
            });
          }
        };
        const paused = ({ params }: { params: inspector.Debugger.PausedEventDataType }): void => {
          const { lineNumber, columnNumber } = params.callFrames[0]!.location;
          stops.push(originalPosition(map, { line: lineNumber + 1, column: (columnNumber ?? 0) + 1 })?.line ?? 0);
        };
        debugged.on("Debugger.paused", paused);
        await session.error(text.replace("§", WATCHED)).finally(() => {
          debugged.off("Debugger.paused", paused);
          for (const breakpointId of breakpoints) debugged.post("Debugger.removeBreakpoint", { breakpointId });
        });
        assert.deepEqual([...new Set(stops)], [line]);
      });
    }
  });
}

/** 1-based. */
function place(text: string): { line: number; column: number } {
  const above = text.slice(0, text.indexOf("§")).split("\n");
  return { line: above.length, column: above.at(-1)!.length + 1 };
}

/** Where a debugger that is asked for a line sets its breakpoint: the places of what comes first in the line. */
function generatedPositions({ map }: CellCode, line: number): { lineNumber: number; columnNumber: number }[] {
  const segments = decode(map.mappings).flatMap((list, lineNumber) =>
    list.flatMap((segment) =>
      segment.length > 1 && segment[2] === line - 1
        ? [{ lineNumber, columnNumber: segment[0], first: segment[3]! }]
        : [],
    ),
  );
  const first = Math.min(...segments.map((segment) => segment.first));
  return segments
    .filter((segment) => segment.first === first)
    .map(({ lineNumber, columnNumber }) => ({ lineNumber, columnNumber }));
}
