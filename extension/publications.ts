/** Brings what a kernel publishes to where it belongs: the cell that caused it, its execution, the live figures. */
import type * as vscode from "vscode";
import type { CommMessages, Message, Publications } from "../kernel/protocol/messages.ts";
import type { BackPressure } from "./backPressure.ts";
import type { CellRuns, Running } from "./cellRuns.ts";
import type { KernelCell } from "./kernelCell.ts";
import type { LiveFigures } from "./liveFigures.ts";
import type { NotebookOutputs } from "./outputs.ts";
import type { WidgetKernel, Widgets } from "./widgets.ts";

/** Bytes, as the kernel measured them with its last status. */
export interface KernelMemory {
  rss: number;
  heapUsed: number;
}

export interface PublicationsSurroundings {
  notebook(): vscode.NotebookDocument;
  runs: CellRuns;
  outputs: NotebookOutputs;
  backPressure: BackPressure;
  figures: LiveFigures;
  widgets: Widgets;
  /** As widgets see it. */
  kernel: WidgetKernel;
  log: vscode.LogOutputChannel;
  /** `busy` is undefined for answers to what is no cell (kernel_info, completion): nothing that a user calls busy. */
  onStatus(busy: boolean | undefined, memory: KernelMemory | undefined): void;
}

export class PublicationRouter {
  readonly #around: PublicationsSurroundings;

  constructor(around: PublicationsSurroundings) {
    this.#around = around;
  }

  /** The next message waits until the returned promise settles. */
  publish(message: Message): void | Promise<void> {
    const { runs, backPressure } = this.#around;
    const parent = (message.parent_header as { msg_id?: string }).msg_id ?? "";
    const time = Date.parse(message.header.date);
    if (message.header.msg_type === "status") return this.#status(message, parent, time);
    if (message.header.msg_type.startsWith("comm_")) return this.#comm(message, parent);
    const cell = runs.cellOf(parent);
    if (!cell) return;
    const shown = this.#show(cell, message, time);
    if (shown) return backPressure.add(shown);
  }

  #status({ content, metadata }: Message, parent: string, time: number): void | Promise<void> {
    const { runs, onStatus } = this.#around;
    const { execution_state } = content as unknown as Publications["status"];
    const mine = runs.running?.msg_id === parent ? runs.running : undefined;
    if (execution_state === "idle") {
      mine?.onIdle(time);
      this.#around.widgets.handled(parent);
    }
    onStatus(mine && execution_state !== "idle", metadata["memory"] as KernelMemory | undefined);
    if (mine && execution_state === "busy") return this.#begin(mine, time);
  }

  #comm({ header, content }: Message, parent: string): void {
    const { notebook, runs, figures, widgets, kernel } = this.#around;
    switch (header.msg_type) {
      case "comm_open": {
        const opened = content as unknown as CommMessages["comm_open"];
        figures.open(notebook(), opened);
        return widgets.open(kernel, runs.cellOf(parent), opened);
      }
      case "comm_msg": {
        const told = content as unknown as CommMessages["comm_msg"];
        figures.advance(told);
        return widgets.update(told);
      }
      case "comm_close":
        // Nobody asked for it: the session is a new one.
        return widgets.close(content as unknown as CommMessages["comm_close"], parent === "");
    }
  }

  /** Old output goes when the kernel begins, and not on the click: no flash of an empty cell. */
  #begin({ cell, execution }: Running, time: number): void | Promise<void> {
    if (execution.started) return;
    execution.start(time);
    return this.#around.backPressure.add(this.#around.outputs.of(cell).begin(execution));
  }

  #show(cell: KernelCell, { header, content }: Message, time: number): void | Promise<void> {
    const { runs, log } = this.#around;
    const outputs = this.#around.outputs.of(cell);
    const of = <Type extends keyof Publications>(): Publications[Type] => content as unknown as Publications[Type];
    switch (header.msg_type) {
      case "execute_input": {
        const mine = runs.running;
        if (mine?.cell !== cell) return;
        const begun = this.#begin(mine, time);
        mine.execution.order = of<"execute_input">().execution_count;
        return begun;
      }
      case "stream":
        return outputs.stream(of<"stream">());
      case "display_data":
        return outputs.display("display_data", of<"display_data">());
      case "execute_result":
        return outputs.display("execute_result", of<"execute_result">(), of<"execute_result">().execution_count);
      case "update_display_data": {
        const { data, transient } = of<"update_display_data">();
        return this.#around.outputs.update(transient.display_id, data);
      }
      case "error":
        return outputs.error(of<"error">());
      case "clear_output":
        return outputs.clear(of<"clear_output">().wait);
      default:
        log.trace(`nothing is done with ${header.msg_type}`);
    }
  }
}
