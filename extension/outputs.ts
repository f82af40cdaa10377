/** What a kernel publishes for one cell, as outputs of that cell. */
import * as vscode from "vscode";
import type { ErrorContent, MimeBundle, Publications } from "../kernel/protocol/messages.ts";
import { WIDGET_MIME, type SavedWidget } from "../kernel/widgets/state.ts";
import { itemsOf } from "./bundle.ts";
import type { CellExecution, Executions } from "./executions.ts";
import type { KernelCell, MovedCell } from "./kernelCell.ts";
import { linkedTrace } from "./trace.ts";

type DisplayData = Publications["display_data"];

/** An output that was sent to VS Code, and whether VS Code has it by now. */
interface Shown {
  cell: KernelCell;
  output: vscode.NotebookCellOutput;
  number: number;
  taken: boolean;
  /** Settles when VS Code has it. */
  arrival: Promise<void>;
  /** Texts that wait for that; the next one must not overtake them. */
  waiting: number;
  bytes?: Uint8Array[];
}

/** Our number of an output, kept beside what the file stores: tells whether the user has cleared it. */
const NUMBER = "gradbookOutput";
let lastNumber = 0;

/** Under this key the outputs are found that show a widget, beside those with a display id. */
export const widgetKey = (id: string): string => `widget ${id}`;

/** Outputs by display id, in every cell of a notebook. */
class Displays {
  readonly #byId = new Map<string, Shown[]>();

  add(id: string, shown: Shown): void {
    const all = this.get(id);
    all.push(shown);
    this.#byId.set(id, all);
  }
  /** Those that are still there. */
  get(id: string): Shown[] {
    const alive = (this.#byId.get(id) ?? []).filter(isThere);
    if (alive.length === 0) this.#byId.delete(id);
    return alive;
  }
  ofCell(cell: KernelCell): Shown[] {
    return [...this.#byId.values()].flat().filter((shown) => shown.cell === cell);
  }
}

/** The user may clear outputs, or delete the cell, at any time. */
function isThere({ cell, number, taken }: Shown): boolean {
  if (!cell.isThere) return false;
  return !taken || numbersOf(cell, cell.current.outputs).includes(number);
}

/**
 * Our numbers of a cell's outputs. A document that took another one's place has its outputs from the file, without
 * them: there the position tells, until the user clears.
 */
function numbersOf(cell: KernelCell, outputs: readonly vscode.NotebookCellOutput[]): unknown[] {
  if (outputs.length < cell.numbers.length) cell.numbers = [];
  return outputs.map(({ metadata }, i) => metadata?.[NUMBER] ?? cell.numbers[i]);
}

/** What the cells of a notebook show. */
export class NotebookOutputs {
  readonly #executions: Executions;
  readonly #displays = new Displays();
  readonly #ofCell = new WeakMap<KernelCell, CellOutputs>();

  constructor(executions: Executions) {
    this.#executions = executions;
  }

  of(cell: KernelCell): CellOutputs {
    let outputs = this.#ofCell.get(cell);
    if (!outputs) this.#ofCell.set(cell, (outputs = new CellOutputs(cell, this.#executions, this.#displays)));
    return outputs;
  }

  /** Replaces what is shown under a display id, wherever it is; what is the same stays untouched. */
  async update(id: string, data: MimeBundle): Promise<void> {
    const items = itemsOf(data);
    const bytes = items.map((item) => item.data);
    await Promise.all(
      this.#displays.get(id).map((shown) => {
        if (shown.bytes && equal(shown.bytes, bytes)) return;
        shown.bytes = bytes;
        return this.#executions.forOutput(shown.cell)?.replaceItems(items, shown.output);
      }),
    );
  }

  move(moved: MovedCell): void {
    this.#ofCell.get(moved.cell)?.move(moved.before);
  }
}

export class CellOutputs {
  readonly #cell: KernelCell;
  readonly #executions: Executions;
  readonly #displays: Displays;
  /** The stream output that grows, as long as nothing else came after it. */
  #stream: { name: "stdout" | "stderr"; shown: Shown } | undefined;
  /** `clear_output` with `wait`: clear when the next output comes. */
  #clearFirst = false;

  constructor(cell: KernelCell, executions: Executions, displays: Displays) {
    this.#cell = cell;
    this.#executions = executions;
    this.#displays = displays;
  }

  /** The cell has another document, which holds the same outputs as other objects; or fewer, if it was copied a moment ago. */
  move({ outputs: left }: vscode.NotebookCell): void {
    const cell = this.#cell;
    const numbers = numbersOf(cell, left);
    const find = (shown: Shown): void => {
      shown.output = cell.current.outputs[numbers.indexOf(shown.number)] ?? shown.output;
    };
    const all = [...this.#displays.ofCell(cell), ...(this.#stream ? [this.#stream.shown] : [])];
    cell.numbers = numbers;
    if (textLength(left) === textLength(cell.current.outputs)) return all.forEach(find);
    const again = left.map(({ items, metadata }) => new vscode.NotebookCellOutput(items, metadata));
    const arrival = this.#executions.forOutput(cell)?.replace(again) ?? Promise.resolve();
    for (const shown of all) {
      shown.taken = false;
      shown.arrival = arrival.then(() => {
        find(shown);
        shown.taken = true;
      });
    }
  }

  /** A new run begins: the outputs of the last one go. */
  begin(execution: CellExecution): Promise<void> {
    this.#cell.numbers = [];
    this.#stream = undefined;
    this.#clearFirst = false;
    return execution.clearOutput();
  }

  async stream({ name, text }: Publications["stream"]): Promise<void> {
    const execution = this.#executions.forOutput(this.#cell);
    if (!execution) return;
    const { stdout, stderr } = vscode.NotebookCellOutputItem;
    const item = name === "stderr" ? stderr(text) : stdout(text);
    const { shown } = this.#stream?.name === name ? this.#stream : {};
    if (shown && !this.#clearFirst && isThere(shown)) {
      // Sent together with the output itself, the text would be told to extensions twice: VS Code passes the output on
      // as it is after both changes, and then the second change.
      if (!shown.taken || shown.waiting > 0) {
        shown.waiting++;
        await shown.arrival;
        shown.waiting--;
      }
      return this.#executions.forOutput(this.#cell)?.appendItems([item], shown.output);
    }
    const created = this.#shown([item], { outputType: "stream" });
    this.#stream = { name, shown: created };
    return this.#show(execution, created);
  }

  async display(
    type: "display_data" | "execute_result",
    { data, metadata, transient }: DisplayData,
    executionCount?: number,
  ): Promise<void> {
    const execution = this.#executions.forOutput(this.#cell);
    if (!execution) return;
    const shown = this.#shown(itemsOf(data), {
      outputType: type,
      metadata,
      ...(executionCount !== undefined && { executionCount }),
    });
    this.#stream = undefined;
    if (transient?.display_id) this.#displays.add(transient.display_id, shown);
    const widget = data[WIDGET_MIME] as SavedWidget | undefined;
    if (widget) this.#displays.add(widgetKey(widget.id), shown);
    return this.#show(execution, shown);
  }

  async error({ ename, evalue, traceback }: ErrorContent): Promise<void> {
    const execution = this.#executions.forOutput(this.#cell);
    if (!execution) return;
    this.#stream = undefined;
    const stack = linkedTrace(traceback);
    const error = { name: ename, message: evalue, stack };
    // What the file gets: VS Code would otherwise cut the stack into lines that keep their ends.
    const originalError = { ename, evalue, traceback: stack.split("\n") };
    const item = vscode.NotebookCellOutputItem.json(error, "application/vnd.code.notebook.error");
    return this.#show(execution, this.#shown([item], { outputType: "error", originalError }));
  }

  async clear(wait: boolean): Promise<void> {
    if (wait) {
      this.#clearFirst = true;
      return;
    }
    this.#stream = undefined;
    this.#clearFirst = false;
    return this.#executions.forOutput(this.#cell)?.clearOutput();
  }

  #show(execution: CellExecution, shown: Shown): Promise<void> {
    const clear = this.#clearFirst;
    this.#clearFirst = false;
    const sent = clear ? execution.replace(shown.output) : execution.append(shown.output);
    return (shown.arrival = sent.then(() => void (shown.taken = true)));
  }

  #shown(items: vscode.NotebookCellOutputItem[], metadata: { [key: string]: unknown }): Shown {
    const number = ++lastNumber;
    const output = new vscode.NotebookCellOutput(items, { ...metadata, [NUMBER]: number });
    return {
      cell: this.#cell,
      output,
      number,
      taken: false,
      arrival: Promise.resolve(),
      waiting: 0,
      bytes: items.map(({ data }) => data),
    };
  }
}

/** Length of the printed texts, in bytes. */
function textLength(outputs: readonly vscode.NotebookCellOutput[]): number {
  const texts = outputs
    .flatMap(({ items }) => items)
    .filter(({ mime }) => mime.startsWith("application/vnd.code.notebook.std"));
  return texts.reduce((sum, { data }) => sum + data.length, 0);
}

function equal(a: Uint8Array[], b: Uint8Array[]): boolean {
  return a.length === b.length && a.every((bytes, i) => Buffer.compare(bytes, b[i]!) === 0);
}
