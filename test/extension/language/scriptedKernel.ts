/** A kernel whose answers a test gives by hand, in the order in which it likes. */
import { KernelDied, type KernelClient } from "../../../kernel/client/kernelClient.ts";
import type { LanguageRequest } from "../../../kernel/protocol/language.ts";

interface Asked {
  request: LanguageRequest;
  answer(result: unknown): void;
  refuse(reason: string): void;
  die(): void;
}

export class ScriptedKernel {
  /** What came and was not answered yet. */
  readonly open: Asked[] = [];
  readonly #log: string[] = [];
  readonly #answers: boolean;
  readonly #refuses: string | undefined;

  /** Unless the test answers questions itself (`answers: false`), each answer is the method's name. */
  constructor({ answers = true, refuses }: { answers?: boolean; refuses?: string } = {}) {
    this.#answers = answers;
    this.#refuses = refuses;
  }

  /** All that came since the last look: methods, with the texts that changed. */
  get log(): string[] {
    return this.#log.splice(0);
  }

  get client(): KernelClient {
    return this.#client;
  }
  readonly #client = {
    request: (_type: string, request: LanguageRequest) => {
      const { promise, resolve, reject } = Promise.withResolvers<object>();
      const asked: Asked = {
        request,
        answer: (result) => resolve({ status: "ok", result }),
        refuse: (evalue) => resolve({ status: "error", ename: "RequestFailed", evalue, traceback: [] }),
        die: () => reject(new KernelDied("killed")),
      };
      this.#log.push(describeRequest(request));
      if (request.method === this.#refuses) asked.refuse("not now");
      else if (this.#answers || /^notebook\/(open|change)$/.test(request.method)) asked.answer(request.method);
      else this.open.push(asked);
      return { msg_id: "", reply: promise };
    },
  } as unknown as KernelClient;
}

function describeRequest(request: LanguageRequest): string {
  switch (request.method) {
    case "notebook/open":
      return `open ${request.params.cells.map(({ uri, text }) => `${uri}=${text}`).join(" ")}`;
    case "notebook/change": {
      const { order, changed } = request.params;
      return `change ${order.join("")} ${changed.map(({ uri, text }) => `${uri}=${text}`).join(" ")}`.trim();
    }
    default:
      return request.method.replace("textDocument/", "");
  }
}
