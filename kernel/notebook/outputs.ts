/**
 * The outputs of a notebook's cells, built from what the kernel publishes.
 *
 * A message belongs to the cell whose request caused it (`parent_header`), also when it comes late, after other cells
 * have run. A displayed object that is updated changes wherever it is shown.
 */
import type { ErrorContent, JsonObject, Message, Publications } from "../protocol/messages.ts";
import { lines, storedBundle, type CodeCell, type DisplayOutput, type Output, type ResultOutput } from "./format.ts";
import { StreamText } from "../protocol/streamText.ts";
import { WIDGET_VIEW_MIME } from "../widgets/state.ts";

/** What is known of a cell beside its outputs. */
interface State {
  /** The cleared outputs go when the next one comes, so that nothing flickers. */
  clearOnNext: boolean;
  /** The text behind the last output while that is a stream. */
  stream: { name: string; text: StreamText } | undefined;
}

/** Without the view of a widget: nobody can move it here, and a front end that opens the file would look for its model. */
function asText({ [WIDGET_VIEW_MIME]: _view, ...bundle }: JsonObject): JsonObject {
  return storedBundle(bundle);
}

export class NotebookOutputs {
  #cells = new Map<string, CodeCell>();
  #states = new Map<CodeCell, State>();
  #displays = new Map<string, Set<DisplayOutput | ResultOutput>>();

  /** From now on what request `msg_id` causes belongs to `cell`, which starts anew. */
  start(cell: CodeCell, msg_id: string): void {
    this.#cells.set(msg_id, cell);
    this.#states.set(cell, { clearOnNext: false, stream: undefined });
    this.#clear(cell);
    cell.execution_count = null;
  }

  /** Takes in a message of any type; those that are no output change nothing. */
  take(message: Message): void {
    const type = message.header.msg_type;
    if (type === "update_display_data") return this.#update(message.content as never);
    const cell = this.#cells.get((message.parent_header as { msg_id?: string }).msg_id ?? "");
    const handlers: { [type: string]: (cell: CodeCell, content: never) => void } = this.#handlers;
    if (cell && Object.hasOwn(handlers, type)) handlers[type]!(cell, message.content as never);
  }

  /** An error that no kernel could report: it died, or did not stop. */
  fail(cell: CodeCell, error: ErrorContent): void {
    this.#handlers.error(cell, error);
  }

  /** Brings the texts of streams into the cells; until then they grow without being copied. */
  flush(): void {
    for (const [cell, state] of this.#states) this.#settle(cell, state);
  }

  #handlers = {
    execute_input: (cell: CodeCell, { execution_count }: Publications["execute_input"]) => {
      cell.execution_count = execution_count;
    },
    stream: (cell: CodeCell, { name, text }: Publications["stream"]) => {
      const state = this.#states.get(cell)!;
      if (state.clearOnNext || state.stream?.name !== name) {
        this.#add(cell, { output_type: "stream", name, text: [] });
        state.stream = { name, text: new StreamText() };
      }
      state.stream!.text.append(text);
    },
    display_data: (cell: CodeCell, content: Publications["display_data"]) => {
      const { data, metadata, transient } = content;
      this.#show(cell, { output_type: "display_data", data: asText(data), metadata }, transient?.display_id);
    },
    execute_result: (cell: CodeCell, content: Publications["execute_result"]) => {
      const { execution_count, data, metadata, transient } = content;
      const output: Output = { output_type: "execute_result", execution_count, data: asText(data), metadata };
      this.#show(cell, output, transient?.display_id);
    },
    error: (cell: CodeCell, { ename, evalue, traceback }: Publications["error"]) => {
      this.#add(cell, { output_type: "error", ename, evalue, traceback });
    },
    clear_output: (cell: CodeCell, { wait }: Publications["clear_output"]) => {
      if (wait) this.#states.get(cell)!.clearOnNext = true;
      else this.#clear(cell);
    },
  };

  #show(cell: CodeCell, output: DisplayOutput | ResultOutput, display_id: string | undefined): void {
    this.#add(cell, output);
    if (display_id === undefined) return;
    const shown = this.#displays.get(display_id) ?? new Set();
    this.#displays.set(display_id, shown.add(output));
  }

  #update({ data, metadata, transient }: Publications["update_display_data"]): void {
    for (const output of this.#displays.get(transient.display_id) ?? []) {
      output.data = asText(data);
      output.metadata = metadata;
    }
  }

  #add(cell: CodeCell, output: Output): void {
    const state = this.#states.get(cell)!;
    if (state.clearOnNext) this.#clear(cell);
    this.#settle(cell, state);
    state.stream = undefined;
    cell.outputs.push(output);
  }

  #clear(cell: CodeCell): void {
    for (const output of cell.outputs) {
      for (const shown of this.#displays.values()) shown.delete(output as DisplayOutput);
    }
    cell.outputs = [];
    const state = this.#states.get(cell)!;
    state.clearOnNext = false;
    state.stream = undefined;
  }

  #settle(cell: CodeCell, { stream }: State): void {
    const last = cell.outputs.at(-1);
    if (stream && last?.output_type === "stream") last.text = lines(stream.text.toString());
  }
}
