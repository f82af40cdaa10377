/** Asks the kernel of one notebook for its variables: one list at a time, and never waits where it would hold up the window. */
import * as vscode from "vscode";
import type { VariableList, VariablesMethod, VariablesMethods } from "../../kernel/protocol/variables.ts";
import type { NotebookKernel } from "../kernel.ts";

/** While a cell runs, the list is asked for this long after the last answer. */
const WHILE_BUSY_MS = 1000;
/** After this long without an answer the worker computes, and what is shown is marked as old. */
const SILENCE_MS = 700;

/** What is known of one kernel's variables. */
export interface Known {
  list: VariableList;
  /** Execution count of the last cell that had ended when it was asked for. */
  asOf: number | undefined;
}

export class VariablesSource implements vscode.Disposable {
  readonly #known = new WeakMap<NotebookKernel, Known>();
  readonly #changed = new vscode.EventEmitter<void>();
  #kernel: NotebookKernel | undefined;
  #watched = false;
  #asking: NotebookKernel | undefined;
  #askAgain = false;
  #timer: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;
  #isOld = false;
  /** Execution counts of the last finished cells. */
  readonly #finished = new WeakMap<NotebookKernel, number>();

  /** Another list, or what is shown has become old. */
  readonly onDidChange = this.#changed.event;

  get known(): Known | undefined {
    return this.#kernel && this.#known.get(this.#kernel);
  }
  /** Whether a cell computes, so that the list is of the time before it. */
  get isOld(): boolean {
    return this.#isOld && this.known !== undefined;
  }

  /** Whose variables are shown, and whether anybody sees them. */
  show(kernel: NotebookKernel | undefined, watched: boolean): void {
    const changed = kernel !== this.#kernel;
    const seen = watched && !this.#watched;
    this.#kernel = kernel;
    this.#watched = watched;
    if (changed) {
      this.#old(false);
      this.#changed.fire();
    }
    if (changed || seen) this.refresh();
  }

  finished(kernel: NotebookKernel, executionOrder: number | undefined): void {
    if (executionOrder !== undefined) this.#finished.set(kernel, executionOrder);
    if (kernel === this.#kernel) this.refresh();
  }

  /** The process is gone with all it held. */
  forget(kernel: NotebookKernel): void {
    this.#known.delete(kernel);
    this.#finished.delete(kernel);
    if (kernel === this.#kernel) {
      this.#old(false);
      this.#changed.fire();
    }
  }

  /** Asks anew, now or when the question that is under way was answered. */
  refresh(): void {
    clearTimeout(this.#timer);
    const kernel = this.#kernel;
    if (!kernel?.client || !this.#watched) return;
    if (this.#asking === kernel) {
      this.#askAgain = true;
      return;
    }
    void this.#list(kernel);
  }

  async #list(kernel: NotebookKernel): Promise<void> {
    this.#asking = kernel;
    this.#askAgain = false;
    const asOf = this.#finished.get(kernel);
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#old(true), SILENCE_MS);
    const { client } = kernel;
    try {
      const list = await this.#request(kernel, "list", {});
      if (client === kernel.client) this.#known.set(kernel, { list, asOf });
    } catch {
      // The kernel has ended: its list goes with it.
    }
    if (this.#asking !== kernel) return;
    this.#asking = undefined;
    if (kernel !== this.#kernel) return;
    clearTimeout(this.#silence);
    this.#old(false);
    this.#changed.fire();
    if (this.#askAgain) this.refresh();
    else if (kernel.isRunning && this.#watched) this.#timer = setTimeout(() => this.refresh(), WHILE_BUSY_MS);
  }

  /** A cell has begun: what it does is seen whenever it awaits something. */
  began(kernel: NotebookKernel): void {
    if (kernel === this.#kernel) this.refresh();
  }

  /** Asks about one; rejects when it is there no more, or with the kernel. */
  ask<M extends VariablesMethod>(
    method: M,
    params: VariablesMethods[M]["params"],
  ): Promise<VariablesMethods[M]["result"]> {
    if (!this.#kernel) return Promise.reject(new Error("There is no kernel."));
    return this.#request(this.#kernel, method, params);
  }

  async #request<M extends VariablesMethod>(
    kernel: NotebookKernel,
    method: M,
    params: VariablesMethods[M]["params"],
  ): Promise<VariablesMethods[M]["result"]> {
    const { client } = kernel;
    if (!client) throw new Error("The kernel is not running.");
    const reply = await client.request("gradbook_variables_request", { method, params } as never).reply;
    if (reply.status === "error") throw new Error(reply.evalue);
    return reply.result as VariablesMethods[M]["result"];
  }

  #old(value: boolean): void {
    if (!value) clearTimeout(this.#silence);
    if (this.#isOld === value) return;
    this.#isOld = value;
    this.#changed.fire();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#changed.dispose();
  }
}
