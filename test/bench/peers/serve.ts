import { createInterface } from "node:readline";

/** One piece of work, ready to be done again and again. */
interface Work {
  run(): void;
  /** How often between two looks at the clock. Default 1. */
  batch?: number;
  /** Frees what garbage collection does not. */
  drop?(): void;
}

interface Request {
  do: "about" | "prepare" | "window" | "drop";
  work?: string;
  seconds?: number;
}

/** The loop of a participant that runs in Node: JSON lines in, JSON lines out, one answer for each request, in order. */
export function serve({ about, make }: { about(): object | Promise<object>; make(work: string): Work }): void {
  let work: Work | undefined;

  /** Does the work for at least so long; says how often, and how long it took. */
  const during = (seconds: number): { count: number; seconds: number } => {
    if (work === undefined) throw new Error("no work was prepared");
    const { run, batch = 1 } = work;
    const began = performance.now();
    let count = 0;
    let took = 0;
    do {
      for (let i = 0; i < batch; i++) run();
      count += batch;
      took = (performance.now() - began) / 1000;
    } while (took < seconds);
    return { count, seconds: took };
  };

  const answer = async (request: Request): Promise<object> => {
    if (request.do === "about") return about();
    if (request.do === "window") return during(request.seconds ?? 0);
    work?.drop?.();
    work = undefined;
    if (request.do === "drop") return {};
    work = make(request.work ?? "");
    return during(request.seconds ?? 0);
  };

  const serving = async (): Promise<void> => {
    for await (const line of createInterface({ input: process.stdin })) {
      let reply: object;
      try {
        reply = await answer(JSON.parse(line) as Request);
      } catch (error) {
        work = undefined;
        reply = { error: error instanceof Error ? error.message : String(error) };
      }
      process.stdout.write(`${JSON.stringify(reply)}\n`);
    }
    // The harness ends a participant by closing its input, also when it is itself stopped.
    process.exit();
  };
  void serving();
}
