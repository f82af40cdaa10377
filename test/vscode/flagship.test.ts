import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as vscode from "vscode";
import { figures } from "./figures.ts";
import { open, save, textOf, tidy, until, workspaceFolder } from "./notebooks.ts";
import { pageDriver, press, screenshot } from "./page.ts";

const NAME = "01-optimizers-on-mnist.ipynb";
const images = process.env.GRADBOOK_DATA ? "the real MNIST" : "digits of our own, for want of MNIST";

/** A copy of the notebook as it is shipped. */
function copyOfFlagship(): vscode.Uri {
  const file = path.join(workspaceFolder(), NAME);
  writeFileSync(file, readFileSync(path.join(process.env.GRADBOOK_E2E_ROOT!, "media/notebooks", NAME)));
  return vscode.Uri.file(file);
}

if (pageDriver) {
  describe(`the flagship notebook, on ${images}`, function () {
    // Trains four networks on a machine that may be busy.
    this.timeout(600_000);
    afterEach(tidy);

    it("runs cell by cell with Shift+Enter; each figure moves while its cell runs; saved and opened again, all are there", async () => {
      const notebook = await open(copyOfFlagship());
      const { uri } = notebook;
      await vscode.commands.executeCommand("workbench.action.closeSidebar");
      await vscode.commands.executeCommand("notebook.focusTop");
      let moved = 0;
      for (let index = 0; index < notebook.cellCount; index++) {
        const cell = notebook.cellAt(index);
        await until(
          `the selection of cell ${index}`,
          () => vscode.window.activeNotebookEditor?.selection.start === index,
        );
        const known = new Set((await figures()).map(({ id }) => id));
        await press("Shift+Enter");
        if (cell.kind !== vscode.NotebookCellKind.Code) continue;
        const source = cell.document.getText();
        const trains = source.includes("= fit(");
        let picture = source.includes("new optim.Adam(adamModel");
        let taken: Promise<unknown> | undefined;
        const counts = new Set<number>();
        await until(
          `the end of cell ${index}`,
          async () => {
            const running = cell.executionSummary?.success === undefined;
            const moving = (await figures()).filter(({ id, points }) => running && !known.has(id) && points > 0);
            for (const { points } of moving) counts.add(points);
            if (picture && moving.length > 0)
              vscode.window.activeNotebookEditor!.revealRange(
                new vscode.NotebookRange(index, index + 1),
                vscode.NotebookEditorRevealType.AtTop,
              );
            if (picture && moving.some(({ points }) => points > 200)) {
              // Not waited for: the figure moves on while the picture is taken.
              taken = screenshot("flagship");
              picture = false;
            }
            return cell.executionSummary?.success !== undefined;
          },
          300_000,
        );
        await taken;
        assert.equal(cell.executionSummary?.success, true, `cell ${index}: ${textOf(cell)}`);
        if (trains) {
          assert.ok(counts.size >= 3, `cell ${index}: point counts ${[...counts].join(", ")} while it ran`);
          moved++;
        }
      }
      assert.equal(moved, 4, "SGD, RMSprop, Adam and AMSGrad");

      const saved = await save(notebook);
      const outputs = saved.cells.flatMap((cell) => cell.outputs ?? []);
      const live = outputs.filter(({ data }) => data?.["application/vnd.gradbook.live+json"]);
      assert.equal(live.length, 5, "one figure for the small network and four for MNIST");
      for (const { data } of live)
        assert.ok(data!["image/svg+xml"] && data!["text/plain"] && data!["application/vnd.plotly.v1+json"]);
      assert.ok(outputs.every(({ output_type }) => output_type !== "error"));

      await vscode.commands.executeCommand("workbench.action.closeAllEditors");
      await until("no figure", async () => (await figures()).length === 0);
      const again = await open(uri);
      assert.equal(again.isDirty, false);
      again
        .getCells()
        .forEach((cell) => assert.equal(cell.outputs.length, saved.cells[cell.index]!.outputs?.length ?? 0));
      await until("a figure", async () => (await figures()).some(({ points }) => points > 0));
    });
  });
}
