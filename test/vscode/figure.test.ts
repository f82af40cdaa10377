import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import * as vscode from "vscode";
import { figures } from "./figures.ts";
import {
  ended,
  open,
  openNew,
  run,
  save,
  saveWhileRunning,
  start,
  tidy,
  until,
  workspaceFolder,
  type SavedNotebook,
} from "./notebooks.ts";
import { clickInOutput, onPage, pageDriver, press, screenshot } from "./page.ts";

/** A small network, trained for as long as `steps` say; a plain loop, nothing is awaited in it. */
const training = (steps: number | string): string => `import { manualSeed, nn, optim, plot, randn } from "gradbook";
manualSeed(1);
const model = new nn.Sequential(new nn.Linear(8, 16), new nn.ReLU(), new nn.Linear(16, 1));
const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
const live = plot.live({ model, optimizer, title: "A small network" });
for (let step = 0; step < ${steps}; step++) {
  const x = randn(64, 8);
  optimizer.zeroGrad();
  const loss = nn.functional.mseLoss(model.forward(x), x.sum(1, { keepdim: true }));
  loss.backward();
  optimizer.step();
  live.log({ loss });
}`;

const MIMES = ["application/vnd.gradbook.live+json", "application/vnd.plotly.v1+json", "image/svg+xml", "text/plain"];
type State = { running: boolean; curves: { loss?: { step: number[] } } };

if (pageDriver) {
  describe("a live figure", () => {
    afterEach(tidy);

    it("moves while a plain loop runs; no output is replaced and nothing is built twice", async () => {
      const notebook = await openNew("live.ipynb", [training("Infinity")]);
      const changes: number[] = [];
      const subscription = vscode.workspace.onDidChangeNotebookDocument(({ cellChanges }) => {
        for (const { outputs } of cellChanges) if (outputs) changes.push(outputs.length);
      });
      await start(notebook);
      const counts = new Set<number>();
      const figure = await until("five point counts", async () => {
        const [shown] = await figures();
        if (shown) counts.add(shown.points);
        return counts.size >= 5 && shown;
      });
      assert.equal(notebook.cellAt(0).executionSummary?.success, undefined, "still running");
      assert.equal(figure.rebuilt, 1);
      // Cleared at the start, then one output.
      assert.deepEqual(
        changes.filter((length) => length > 0),
        [1],
      );
      subscription.dispose();
      await vscode.commands.executeCommand("notebook.cancelExecution");
      await ended(notebook, 0);
      const [stopped] = await figures();
      assert.equal(stopped!.rebuilt, 1);
    });

    it("is in the file that is saved while it runs, as far as it has come, and goes on", async () => {
      const notebook = await openNew("saveLive.ipynb", [training("Infinity")]);
      await start(notebook);
      await until("a figure that moves", async () => ((await figures())[0]?.points ?? 0) > 50);
      const stateIn = ({ cells }: SavedNotebook): State | undefined =>
        cells[0]!.outputs![0]?.data?.["application/vnd.gradbook.live+json"] as State | undefined;
      const written = await saveWhileRunning(
        notebook,
        "a figure with 50 points",
        (saved) => (stateIn(saved)?.curves.loss?.step.length ?? 0) > 50,
      );
      assert.deepEqual(Object.keys(written.cells[0]!.outputs![0]!.data!).sort(), MIMES);
      assert.ok(stateIn(written)!.running);
      const before = (await figures())[0]!;
      await until("the figure to move on", async () => (await figures())[0]!.seq > before.seq + 3);
      assert.equal((await figures())[0]!.rebuilt, 1);
      await vscode.commands.executeCommand("notebook.cancelExecution");
      await ended(notebook, 0);
    });

    it("is whole in the saved notebook, and comes back with it", async () => {
      const notebook = await openNew("finished.ipynb", [training(300)]);
      await run(notebook, 0);
      const { uri } = notebook;
      const { data } = (await save(notebook)).cells[0]!.outputs![0]!;
      assert.deepEqual(Object.keys(data!).sort(), MIMES);
      const state = data!["application/vnd.gradbook.live+json"] as State;
      assert.deepEqual([state.running, state.curves.loss!.step.at(-1)], [false, 300]);
      assert.match((data!["image/svg+xml"] as string[]).join(""), /^<svg[^]*<\/svg>\s*$/);
      await vscode.commands.executeCommand("workbench.action.closeAllEditors");
      await until("no figure", async () => (await figures()).length === 0);
      await open(uri);
      const [again] = await until(
        "the figure",
        async () => (await figures()).some(({ points }) => points > 0) && figures(),
      );
      assert.ok(again!.points >= 300);
    });

    it("is saved as a picture and as values, where the user says", async () => {
      const notebook = await openNew("export.ipynb", [training(20)]);
      await run(notebook, 0);
      await until("the figure", async () => (await figures()).some(({ points }) => points > 0));
      for (const [kind, begins] of [
        ["PNG", "\u0089PNG"],
        ["SVG", "<svg"],
        ["CSV", "step,"],
      ] as const) {
        const file = path.join(workspaceFolder(), `A-small-network.${kind.toLowerCase()}`);
        rmSync(file, { force: true });
        await clickInOutput(`.gb-tools button:text-is("${kind}")`);
        await until("the question where", () =>
          onPage<boolean>("!!document.querySelector('.quick-input-widget:not([style*=\"display: none\"]) input')"),
        );
        await press("Enter");
        // VS Code makes the file first and fills it then.
        await until(`${file}`, () => existsSync(file) && statSync(file).size > 0);
        assert.ok(readFileSync(file, "latin1").startsWith(begins), readFileSync(file, "latin1").slice(0, 40));
      }
    });

    for (const [name, theme] of [
      ["light", "Light Modern"],
      ["dark", "Dark Modern"],
      ["contrast", "Default High Contrast"],
    ] as const) {
      it(`is drawn in the theme ${theme}`, async () => {
        const settings = vscode.workspace.getConfiguration("workbench");
        await settings.update("colorTheme", theme, true);
        try {
          const notebook = await openNew(`theme-${name}.ipynb`, [training(400)]);
          await run(notebook, 0);
          await vscode.commands.executeCommand("workbench.action.closeSidebar");
          await until("the figure", async () => (await figures()).some(({ points }) => points >= 400));
          vscode.window.activeNotebookEditor!.revealRange(
            new vscode.NotebookRange(0, 1),
            vscode.NotebookEditorRevealType.AtTop,
          );
          await screenshot(`figure-${name}`);
        } finally {
          await settings.update("colorTheme", undefined, true);
        }
      });
    }
  });
}
