/**
 * The order in which requests are answered: what somebody waits for at the caret first; diagnostics, which take longer,
 * cell by cell in between. Changes are taken in at once, so that no answer is about a text that the client has left.
 */
import type { Diagnostic } from "vscode-languageserver-types";
import type { LanguageMethod, LanguageRequest } from "../../protocol/language.ts";
import type { Method } from "./method.ts";
import { diagnosticsOf } from "./methods/diagnostics.ts";
import { methods } from "./methods/index.ts";
import { Refused } from "./refused.ts";
import type { NotebookService } from "./service.ts";

/** `stack` when something is wrong with the service itself. */
export type Answered = { ok: true; result: unknown } | { ok: false; message: string; stack: string | undefined };

export interface ScheduleOptions {
  service: NotebookService;
  /** Answers the request with that number; once for each. */
  reply(id: number, answered: Answered): void;
  /** Lets other messages in before `next` is run. */
  later(next: () => void): void;
}

export class Schedule {
  private readonly service: NotebookService;
  private readonly options: ScheduleOptions;
  private readonly waiting: { id: number; request: LanguageRequest }[] = [];
  /** Who waits for the diagnostics that are being made. */
  private checkers: number[] = [];
  private checked: { [uri: string]: Diagnostic[] } | undefined;
  private running = false;

  constructor(options: ScheduleOptions) {
    this.service = options.service;
    this.options = options;
  }

  receive(id: number, request: LanguageRequest): void {
    switch (request.method) {
      case "notebook/open":
      case "notebook/change":
        this.options.reply(id, this.answer(request));
        this.invalidate();
        return;
      case "notebook/diagnostics":
        // One that is under way began before this client's last change was known to matter: look at the disk again.
        this.checked = undefined;
        this.checkers.push(id);
        break;
      default:
        this.waiting.push({ id, request });
    }
    this.run();
  }

  /** A text was executed. */
  ran(text: string): void {
    this.service.notebook.ran(text);
    this.invalidate();
  }

  /** The session has begun anew. */
  forget(): void {
    this.service.notebook.forget();
    this.invalidate();
  }

  private invalidate(): void {
    this.checked = undefined;
  }

  private run(): void {
    if (this.running) return;
    this.running = true;
    this.options.later(this.next);
  }

  private readonly next = (): void => {
    const first = this.waiting.shift();
    if (first) this.options.reply(first.id, this.answer(first.request));
    else this.check();
    this.running = this.waiting.length > 0 || this.checkers.length > 0;
    if (this.running) this.options.later(this.next);
  };

  /** The diagnostics of one more cell, and the answer when it was the last. */
  private check(): void {
    const { service } = this;
    if (this.checkers.length === 0) return;
    try {
      if (!this.checked) {
        service.host.refresh();
        this.checked = {};
      }
      const { checked } = this;
      const cell = service.notebook.cells.find(({ uri }) => !Object.hasOwn(checked, uri!));
      if (cell) {
        checked[cell.uri!] = diagnosticsOf(service, cell);
        return;
      }
      this.settle({ ok: true, result: checked });
    } catch (error) {
      this.settle(failed(error));
    }
  }

  private settle(answered: Answered): void {
    this.checked = undefined;
    for (const id of this.checkers.splice(0)) this.options.reply(id, answered);
  }

  private answer({ method, params }: LanguageRequest): Answered {
    try {
      if (!Object.hasOwn(methods, method)) {
        throw new Refused(`The language service knows no "${method}". It knows: ${Object.keys(methods).join(", ")}.`);
      }
      return { ok: true, result: (methods[method] as Method<LanguageMethod>)(this.service, params) };
    } catch (error) {
      return failed(error);
    }
  }
}

function failed(error: unknown): Answered {
  if (error instanceof Refused) return { ok: false, message: error.message, stack: undefined };
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { ok: false, message, stack };
}
