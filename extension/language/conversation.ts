/**
 * The questions that the editor asks about one notebook, and the kernel that answers them. One question for which somebody
 * waits is under way at a time, so that what was cancelled while it waited is never sent, and beside it one for which nobody
 * does. Before each the kernel is told what changed, so that a completion sees the key that was pressed last.
 */
import type { KernelClient } from "../../kernel/client/kernelClient.ts";
import type { LanguageMethod, LanguageMethods, LanguageRequest } from "../../kernel/protocol/language.ts";
import { CellSync, type EditorCell } from "./cellSync.ts";

/** As vscode.CancellationToken. */
export interface Token {
  readonly isCancellationRequested: boolean;
  onCancellationRequested(listener: () => void): { dispose(): void };
}

export interface Surroundings {
  /** The notebook's running kernel. */
  client(): KernelClient | undefined;
  /** Its code cells in their order, as they are now. */
  cells(): EditorCell[];
  /** This kernel cannot take the cells at all: it has no language service, or a broken one. */
  unavailable(client: KernelClient, because: string): void;
  log(line: string): void;
}

/** The kernel's answer is a reason why not, meant for the user. */
export class Refused extends Error {
  override readonly name = "Refused";
}

/** Questions that are asked one after the other. */
class Lane {
  readonly waiting: Question[] = [];
  busy = false;

  next(): Question | undefined {
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
      if (!next.token?.isCancellationRequested) return next;
    }
    return undefined;
  }
}

/** Longest time for one answer, in ms: the first one waits for the types to be read, on a busy machine for long. */
const PATIENCE_MS = 60_000;

interface Question {
  request: LanguageRequest;
  token: Token | undefined;
  done(result: unknown): void;
  failed(error: Error): void;
}

export class Conversation {
  readonly #around: Surroundings;
  readonly #sync = new CellSync();
  readonly #foreground = new Lane();
  readonly #background = new Lane();
  #client: KernelClient | undefined;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /**
   * Resolves to the answer; to undefined when the question was cancelled, when there is no kernel, or when it ended or was
   * silent. Rejects with `Refused` when the kernel says why it cannot be answered. `background`: nobody sits and waits.
   */
  ask<M extends LanguageMethod>(
    method: M,
    params: LanguageMethods[M]["params"],
    { token, background = false }: { token?: Token; background?: boolean } = {},
  ): Promise<LanguageMethods[M]["result"] | undefined> {
    if (token?.isCancellationRequested) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const request = { method, params } as unknown as LanguageRequest;
      const cancelled = token?.onCancellationRequested(() => question.done(undefined));
      const question: Question = {
        request,
        token,
        done: (result) => (cancelled?.dispose(), resolve(result as LanguageMethods[M]["result"] | undefined)),
        failed: (error) => (cancelled?.dispose(), reject(error)),
      };
      const lane = background ? this.#background : this.#foreground;
      lane.waiting.push(question);
      if (!lane.busy) void this.#work(lane);
    });
  }

  async #work(lane: Lane): Promise<void> {
    lane.busy = true;
    for (let next = lane.next(); next; next = lane.next()) {
      try {
        next.done(await this.#send(next));
      } catch (error) {
        next.failed(error as Error);
      }
    }
    lane.busy = false;
  }

  async #send({ request }: Question): Promise<unknown> {
    const client = this.#around.client();
    if (client !== this.#client) this.#sync.forget();
    this.#client = client;
    if (!client) return undefined;
    const news = this.#sync.next(this.#around.cells());
    // The answer to this is not waited for: the kernel takes one message after the other.
    if (news) void this.#tell(client, news);
    return this.#answer(client, request);
  }

  async #tell(client: KernelClient, news: LanguageRequest): Promise<void> {
    const because = await client.request("gradbook_language_request", news).reply.then(
      (reply) => (reply.status === "error" ? reply.evalue : undefined),
      // The kernel has ended; the next one is told anew.
      () => undefined,
    );
    if (because === undefined || client !== this.#client) return;
    this.#sync.forget();
    if (news.method === "notebook/open") this.#around.unavailable(client, because);
    else this.#around.log(`${news.method} was not taken (${because}); all cells will be sent again`);
  }

  async #answer(client: KernelClient, request: LanguageRequest): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, PATIENCE_MS, undefined)));
    try {
      const reply = await Promise.race([client.request("gradbook_language_request", request).reply, silence]);
      if (reply === undefined) this.#around.log(`${request.method}: no answer in ${PATIENCE_MS / 1000} s`);
      if (reply?.status === "error") throw new Refused(reply.evalue);
      return reply?.result;
    } catch (error) {
      if (error instanceof Refused) throw error;
      // The kernel has ended: the notebook says so itself.
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}
