/** The view of variables, as a user sees it: the rows of the tree, what they say, and what becomes of them. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { closeAll, ended, openNew, run, start, textOf, tidy, until } from "./notebooks.ts";
import { click, onPage, pageDriver, perform, press, screenshot } from "./page.ts";

interface Row {
  label: string;
  text: string;
  level: number;
  expanded: boolean | undefined;
  grey: boolean;
}

const VIEW = ".pane-body .customview-tree";
/** The rows that the tree shows, from top to bottom. */
const rows = (): Promise<Row[]> =>
  onPage<Row[]>(`[...document.querySelectorAll(${JSON.stringify(`${VIEW} .monaco-list-row`)})]
    .filter((row) => row.offsetParent)
    .sort((a, b) => a.dataset.index - b.dataset.index)
    .map((row) => ({
      label: row.querySelector(".label-name")?.innerText ?? "",
      text: row.querySelector(".label-description")?.innerText ?? "",
      level: Number(row.getAttribute("aria-level")),
      expanded: row.getAttribute("aria-expanded") === null ? undefined : row.getAttribute("aria-expanded") === "true",
      grey: row.querySelector(".monaco-icon-label")?.className.includes("monaco-decoration-itemColor") ?? false,
    }))`);
/** What the view says in the place of rows, or above them. */
const words = (): Promise<string> =>
  onPage<string>(`[...document.querySelectorAll(".tree-explorer-viewlet-tree-view .message, .welcome-view-content")]
    .filter((e) => e.offsetParent).map((e) => e.innerText).join("\\n")`);

const row = (label: string): Promise<Row> =>
  until(`the row ${label}`, async () => (await rows()).find((each) => each.label === label));
const says = (label: string, text: string): Promise<Row> =>
  until(`${label} to say ${text}`, async () =>
    (await rows()).find((each) => each.label === label && each.text.includes(text)),
  );

async function selectRow(label: string): Promise<void> {
  await row(label);
  const index = (await rows()).findIndex((each) => each.label === label);
  const selector = `${VIEW} .monaco-list-row[data-index="${index}"]`;
  await click(`${selector} .label-name`);
}
async function hoverRow(label: string): Promise<void> {
  const index = (await rows()).findIndex((each) => each.label === label);
  await perform("hover", { selector: `${VIEW} .monaco-list-row[data-index="${index}"] .label-name` });
}
async function expand(label: string): Promise<void> {
  await selectRow(label);
  if (!(await row(label)).expanded) await press("ArrowRight");
  await until(`${label} to open`, async () => (await row(label)).expanded === true);
}

describe("variables view", function () {
  if (!pageDriver) return;
  before(async () => {
    await closeAll();
    await vscode.commands.executeCommand("gradbook.showVariables");
    // Beside the notebook there is room for many rows.
    await vscode.commands.executeCommand("workbench.action.positionPanelRight");
  });
  after(async () => {
    await vscode.commands.executeCommand("workbench.action.positionPanelBottom");
    await vscode.commands.executeCommand("workbench.action.closePanel");
  });
  afterEach(tidy);

  const cells = [
    `import { nn, optim, randn, type Tensor } from "gradbook";
const lr = 0.001, name = "Adam", layers = [784, 16, 10], many = Array.from({ length: 25_000 }, (_, i) => i);
const words = new Map([["a", 1]]);`,
    `class Net extends nn.Module {
  layer1 = new nn.Linear(784, 16);
  layer2 = new nn.Linear(16, 10);
  forward(x: Tensor) { return this.layer2.forward(this.layer1.forward(x).relu()); }
}
const model = new Net();
const optimizer = new optim.Adam(model.parameters(), { lr });
const images = randn(64, 784);
async function train(steps: number) {}`,
    `let count = 0; while (count < 1e12) count++;`,
    `let step = 1; await new Promise((resolve) => setTimeout(resolve, 60_000));`,
  ];

  it("lists what the cells have made, opens it level by level, and follows them", async () => {
    await until("what to do without a notebook", async () => (await words()).includes("Open a notebook"));
    const notebook = await openNew("variables.ipynb", cells);
    await until("what to do without variables", async () => (await words()).includes("No variables yet"));
    await run(notebook, 0);
    await says("layers", "(3) [784, 16, 10]");
    assert.deepEqual(
      (await rows()).map(({ label, text }) => `${label} ${text}`.replace(/Process.*/, "…")),
      [
        "lr 0.001",
        'name "Adam"',
        "layers (3) [784, 16, 10]",
        "many (25000) [0, 1, 2, 3, 4, …]",
        'words Map(1) {"a" => 1}',
        "Imports 3",
        "Memory …",
      ],
    );
    await run(notebook, 1);
    await says("model", "Net (12,730 parameters) · 50.9 KB");
    await says("images", "float32 [64, 784] · 201 KB");
    await says("Memory", "Tensors");

    await expand("model");
    await expand("layer1");
    await says("weight", "float32 [16, 784]");
    await expand("weight");
    const statistics = await row("statistics");
    assert.match(statistics.text, /^min -0\.03\d+ · max 0\.03\d+ · mean /);
    assert.match((await row("histogram")).text, /[▁-█]{10}/);
    assert.equal((await row("[15]")).level, 4);
    await screenshot("variables-light");

    // What is open stays open when the view is made anew.
    await run(notebook, 0);
    await until("the tree to be there again", async () =>
      (await rows()).some(({ label, level }) => label === "layer1" && level === 2),
    );
    assert.ok((await row("layer1")).expanded);

    // What a row's menu does. Commands get the row itself, as VS Code hands it to them.
    const element = (path: string[], expression: string, node: object = {}): object => ({
      type: "variable",
      path,
      expression,
      node: { name: path.at(-1)!, ...node },
    });
    await vscode.commands.executeCommand("gradbook.copyVariableName", element(["model", ".layer1"], "model.layer1"));
    assert.equal(await vscode.env.clipboard.readText(), "model.layer1");
    await vscode.commands.executeCommand("gradbook.copyVariableValue", element(["layers"], "layers"));
    assert.equal(await vscode.env.clipboard.readText(), "(3) [784, 16, 10]");
    await vscode.commands.executeCommand("gradbook.goToVariable", element(["optimizer"], "optimizer"));
    const editor = await until("the cell that defines it", () => {
      const { activeTextEditor } = vscode.window;
      return activeTextEditor?.document === notebook.cellAt(1).document && activeTextEditor;
    });
    assert.equal(editor.document.getText(editor.selection), "optimizer");
    await vscode.commands.executeCommand("gradbook.sortVariablesByName");
    await until("another order", async () => (await rows())[0]?.label === "images");
    await vscode.commands.executeCommand("gradbook.sortVariablesByTime");
    await until("the first order", async () => (await rows())[0]?.label === "lr");

    await hoverRow("images");
    const hover = await until("the tooltip", async () => {
      const text = await onPage<string>(
        `[...document.querySelectorAll(".monaco-hover")].map((e) => e.innerText).join("\\n")`,
      );
      return text.includes("std") && text.replaceAll("\u00a0", " ");
    });
    for (const part of ["images · Tensor · constant · from cell [2]", "[64, 784]", "requiresGrad", "200,704 bytes"]) {
      assert.ok(hover.includes(part), `${part} is not in ${hover}`);
    }
    assert.match(hover, /min -\d\.\d+ · max \d\.\d+ · mean \S+ · std (?:1|0\.99|1\.0)\d* ?\n+-\d\.\d+ [▁-█ ]+ \d\.\d+/);
    await screenshot("variables-hover");

    // In another theme, and in full below the selected cell by the button at the end of the row.
    const theme = vscode.workspace.getConfiguration("workbench");
    await theme.update("colorTheme", "Default Dark Modern", vscode.ConfigurationTarget.Global);
    const index = (await rows()).findIndex(({ label }) => label === "lr");
    const button = `${VIEW} .monaco-list-row[data-index="${index}"] .action-label[aria-label^="Display"]`;
    await hoverRow("lr");
    await click(button);
    await until("the new cell", () => notebook.cellCount === cells.length + 1);
    await until("its output", () => {
      const added = notebook.getCells().find((cell) => cell.document.getText() === "display(lr)");
      return added && textOf(added) === "0.001";
    });
    await screenshot("variables-dark");
    await theme.update("colorTheme", undefined, vscode.ConfigurationTarget.Global);

    // Each notebook has its own.
    const other = await openNew("variables-other.ipynb", ["const other = 1;"]);
    await until("nothing of the first notebook", async () => (await rows()).length === 0);
    await run(other, 0);
    await says("other", "1");
    await vscode.commands.executeCommand("vscode.openWith", notebook.uri, "jupyter-notebook");
    await row("images");
    assert.ok((await rows()).every(({ label }) => label !== "other"));

    await expand("many");
    await expand("[0 … 9999]");
    await says("[0 … 99]", "");
  });

  it("greys what is of before a cell that computes; shows what one that waits has done; empties with the kernel", async () => {
    const notebook = await openNew("variables-busy.ipynb", cells);
    await run(notebook, 0);
    await says("lr", "0.001");
    await start(notebook, 2, 3);
    await until("the view to say of when it is", async () => (await words()).includes("as of cell [1]"));
    await until("grey rows", async () => (await rows()).filter(({ grey }) => grey).length >= 5);
    // Opening one then does not hang.
    await expand("Imports");
    await screenshot("variables-busy");
    await vscode.commands.executeCommand("notebook.cancelExecution");
    await ended(notebook, 2);
    await row("count");
    await until("no grey rows", async () => (await rows()).every(({ grey }) => !grey));

    await start(notebook, 3, 4);
    await says("step", "1");
    assert.equal((await row("lr")).grey, false);
    await vscode.commands.executeCommand("notebook.cancelExecution");
    await ended(notebook, 3);
    await vscode.commands.executeCommand("gradbook.restart", notebook.uri);
    await until("what to do without variables", async () => (await words()).includes("No variables yet"));
    assert.deepEqual(await rows(), []);
  });
});
