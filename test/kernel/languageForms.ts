/** A table of what one can write in a cell, and its check. */
import assert from "node:assert/strict";
import { TestSession, runAll } from "./languageSession.ts";
import { NotebookUnderTest } from "./notebookService.ts";

export interface Form {
  form: string;
  /** Run one after the other in a new session. */
  cells: string[];
  /** Of the last cell. */
  value?: unknown;
  /** Further cells, each with its value. */
  later?: [cell: string, value: unknown][];
}

let notebook: NotebookUnderTest | undefined;
/** Most tests need no service, and starting one takes a second. */
const editor = (): NotebookUnderTest => (notebook ??= new NotebookUnderTest());

/** One test for value and later visibility, one for the line of an error below the form, one for what the editor says. */
export function checkForms(forms: readonly Form[]): void {
  after(() => {
    notebook?.end();
    notebook = undefined;
  });
  for (const { form, cells, value, later = [] } of forms) {
    it(`${form}: value and later visibility`, async () => {
      const { session, value: got } = await runAll(cells);
      assert.deepEqual(got, value);
      for (const [cell, want] of later) assert.deepEqual(await session.run(cell), want, cell);
    });
    it(`${form}: an error below it shows its line`, async () => {
      const session = new TestSession();
      const source = `${cells[0]}\n;throw new Error("here")`;
      const error = await session.error(source);
      assert.equal(error.message, "here");
      const { cell, line } = session.places(error)[0]!;
      assert.deepEqual({ cell, line }, { cell: 1, line: source.split("\n").length });
    });
    it(`${form}: the editor knows its names`, function () {
      this.timeout(60_000);
      assert.deepEqual(editor().aboutNames([...cells, ...later.map(([cell]) => cell)]), []);
    });
  }
}
