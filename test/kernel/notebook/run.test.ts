import assert from "node:assert/strict";
import { KernelDied, type KernelClient, type KernelOptions } from "../../../kernel/client/kernelClient.ts";
import type { Cell, CodeCell, Notebook } from "../../../kernel/notebook/format.ts";
import { NotebookRun, type RunOptions } from "../../../kernel/notebook/run.ts";
import { UsageError } from "../../../kernel/command/readArguments.ts";
import { parseRunArguments, RUN_HELP } from "../../../kernel/notebook/runOptions.ts";
import type { Message } from "../../../kernel/protocol/messages.ts";

const cell = (source: string, tags: string[] = []): CodeCell => ({
  cell_type: "code",
  metadata: { tags },
  source,
  outputs: [{ output_type: "stream", name: "stdout", text: "of an earlier run" }],
  execution_count: 7,
});
const notebook = (...cells: (CodeCell | string)[]): Notebook => ({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: {},
  cells: cells.map((each) => (typeof each === "string" ? cell(each) : each)),
});

/**
 * A kernel that understands three kinds of cell: `throw …` fails, `die` ends it, `hang n` ends at the n-th interrupt;
 * any other prints itself. It publishes as the real one does, and is idle after its reply.
 */
class FakeKernel implements KernelClient {
  readonly pid = 1;
  readonly ready = Promise.resolve({ language_info: { name: "typescript" } } as never);
  readonly ran: string[] = [];
  interrupts = 0;
  #options: Pick<KernelOptions, "onPublication" | "onExit">;
  #hanging: { until: number; end(): void; die(): void } | undefined;

  constructor(options: Pick<KernelOptions, "onPublication" | "onExit">) {
    this.#options = options;
  }

  comm: KernelClient["comm"] = () => ({ msg_id: "comm" });

  execute: KernelClient["execute"] = ({ code }) => {
    this.ran.push(code);
    const msg_id = `request-${this.ran.length}`;
    const publish = (msg_type: string, content: object) =>
      this.#options.onPublication({ header: { msg_type }, parent_header: { msg_id }, content } as unknown as Message);
    const error = (ename: string) => ({ ename, evalue: code, traceback: [`${ename}: ${code}`] });
    const fail = async (ename: string) => {
      await publish("error", error(ename));
      return { status: "error", ...error(ename) };
    };
    const reply = (async () => {
      // A real kernel publishes after `execute` has returned.
      await Promise.resolve();
      await publish("execute_input", { code, execution_count: this.ran.length });
      if (code.startsWith("throw")) return fail("Error");
      if (code === "die") {
        this.#options.onExit?.({ code: null, signal: "SIGKILL", expected: false });
        throw new KernelDied("killed");
      }
      if (code.startsWith("hang")) {
        await new Promise<void>((end, die) => {
          this.#hanging = { until: Number(code.slice(5)), end, die: () => die(new KernelDied("ended")) };
        });
        return fail("Interrupted");
      }
      await publish("stream", { name: "stdout", text: code });
      return { status: "ok", execution_count: this.ran.length, user_expressions: {}, payload: [] };
    })();
    void reply.then(
      () => publish("status", { execution_state: "idle" }),
      () => {},
    );
    return { msg_id, reply: reply as never, metadata: Promise.resolve({}) };
  };
  async interrupt() {
    if (++this.interrupts >= (this.#hanging?.until ?? Infinity)) this.#hanging?.end();
  }
  dispose() {
    this.#hanging?.die();
    this.#options.onExit?.({ code: null, signal: "SIGKILL", expected: true });
  }
  async shutdown() {}
  /** Whether the cells have left nothing behind. */
  request() {
    return { msg_id: "rest", reply: Promise.resolve({ status: "ok", rests: true }) as never } as never;
  }
}

async function run(book: Notebook, options: Partial<RunOptions> = {}, during?: (run: NotebookRun) => void) {
  let kernel: FakeKernel | undefined;
  const notebookRun: NotebookRun = new NotebookRun(book, {
    start: (handlers) => (kernel = new FakeKernel(handlers)),
    ladderMs: [1, 1],
    observer: { onCell: () => setImmediate(() => during?.(notebookRun)) },
    ...options,
  });
  const result = await notebookRun.run();
  const outputs = book.cells.map((each) =>
    ((each as CodeCell).outputs ?? []).map((output) =>
      output.output_type === "stream" ? [output.text].flat().join("") : (output as { ename: string }).ename,
    ),
  );
  return { result, outputs, ran: kernel!.ran, interrupts: kernel!.interrupts };
}

describe("run of a notebook", () => {
  it("runs the code cells in order, from nothing", async () => {
    const book = notebook("a", "b");
    const { result, outputs, ran } = await run(book);
    assert.deepEqual(result, { status: "ok", cells: 2, failures: 0 });
    assert.deepEqual(
      [ran, outputs],
      [
        ["a", "b"],
        [["a"], ["b"]],
      ],
    );
    assert.deepEqual(
      book.cells.map((each) => (each as CodeCell).execution_count),
      [1, 2],
    );
  });

  it("cells that are empty, of text, or tagged skip-execution do not run; the tagged one keeps its outputs", async () => {
    const text: Cell = { cell_type: "markdown", metadata: {}, source: "text" };
    const book = notebook(" \n", cell("slow", ["skip-execution"]), "a");
    const { ran, outputs } = await run(book);
    assert.deepEqual([ran, outputs], [["a"], [[], ["of an earlier run"], ["a"]]]);
    assert.deepEqual((await run({ ...notebook(), cells: [text, cell("b")] })).ran, ["b"]);
  });

  it("Windows line ends reach the kernel as line ends", async () => {
    assert.deepEqual((await run(notebook("a\r\nb"))).ran, ["a\nb"]);
  });

  it("ends at the first cell that fails; those after it lose the outputs of an earlier run", async () => {
    const { result, outputs, ran } = await run(notebook("a", "throw x", "b"));
    assert.deepEqual(result, {
      status: "failed",
      place: { number: 2, of: 3 },
      error: { status: "error", ename: "Error", evalue: "throw x", traceback: ["Error: throw x"] },
    });
    assert.deepEqual(
      [ran, outputs],
      [
        ["a", "throw x"],
        [["a"], ["Error"], []],
      ],
    );
  });

  it("goes on after a failure when errors are allowed, and counts them", async () => {
    const { result, ran } = await run(notebook("throw x", "b", "throw y"), { allowErrors: true });
    assert.deepEqual([result, ran.length], [{ status: "ok", cells: 3, failures: 2 }, 3]);
  });

  it("goes on after a cell that is tagged raises-exception", async () => {
    const { result } = await run(notebook(cell("throw x", ["raises-exception"]), "b"));
    assert.deepEqual(result, { status: "ok", cells: 2, failures: 0 });
  });

  it("a kernel that dies fails the cell, also when errors are allowed, and the cell says so", async () => {
    const { result, outputs } = await run(notebook("a", "die", "b"), { allowErrors: true });
    assert.equal(result.status, "failed");
    assert.deepEqual(outputs, [["a"], ["KernelDied"], []]);
  });

  it("a cell that takes too long is interrupted", async () => {
    const { result, outputs, interrupts } = await run(notebook("a", "hang 1", "b"), {
      timeoutMs: 5,
      ladderMs: [60_000],
    });
    assert.deepEqual([result, interrupts], [{ status: "timeout", place: { number: 2, of: 3 } }, 1]);
    assert.deepEqual(outputs, [["a"], ["Interrupted"], []]);
  });

  it("a cell that does not stop is interrupted harder, and at last its kernel is ended", async () => {
    assert.deepEqual((await run(notebook("hang 2"), { timeoutMs: 5, ladderMs: [1, 60_000] })).outputs, [
      ["Interrupted"],
    ]);
    const { result, outputs, interrupts } = await run(notebook("hang 99"), { timeoutMs: 5 });
    assert.deepEqual([result.status, interrupts, outputs], ["timeout", 2, [["KernelDied"]]]);
  });

  it("stop interrupts the cell and ends the run", async () => {
    const { result, outputs, ran } = await run(notebook("hang 1", "b"), {}, (it) => it.stop());
    assert.deepEqual(result, { status: "stopped", place: { number: 1, of: 2 } });
    assert.deepEqual([outputs, ran], [[["Interrupted"], []], ["hang 1"]]);
  });

  it("the third stop ends the kernel", async () => {
    const stopThrice = (it: NotebookRun) => [1, 2, 3].forEach(() => it.stop());
    const { result, outputs } = await run(notebook("hang 99"), {}, stopThrice);
    assert.deepEqual([result.status, outputs], ["stopped", [["KernelDied"]]]);
  });

  it("a notebook that does not name its kernel does so afterwards; one that does keeps what it says", async () => {
    const bare = notebook("a");
    await run(bare);
    assert.deepEqual([bare.metadata.kernelspec?.name, bare.metadata.language_info?.name], ["gradbook", "typescript"]);
    const named = { ...notebook("a"), metadata: { kernelspec: { name: "other", display_name: "Other" } } };
    await run(named);
    assert.equal(named.metadata.kernelspec.name, "other");
  });

  it("a kernel that does not start rejects with its reason", async () => {
    const start: RunOptions["start"] = (handlers) =>
      Object.assign(new FakeKernel(handlers), { ready: Promise.reject(new Error("no runtime")) });
    await assert.rejects(new NotebookRun(notebook("a"), { start }).run(), /no runtime/);
  });
});

describe("arguments of gradbook run", () => {
  it("are read in any order, values after a space or an equals sign", () => {
    assert.deepEqual(
      parseRunArguments([
        "--output",
        "o.ipynb",
        "--param=lr=1",
        "n.ipynb",
        "--param",
        "b=x",
        "--timeout=1.5",
        "--html=p.html",
        "--allow-errors",
      ]),
      {
        notebook: "n.ipynb",
        output: "o.ipynb",
        html: "p.html",
        parameters: [
          { name: "lr", value: "1" },
          { name: "b", value: '"x"', isText: true },
        ],
        timeoutMs: 1500,
        allowErrors: true,
      },
    );
    assert.deepEqual((parseRunArguments(["--", "--odd.ipynb"]) as { notebook: string }).notebook, "--odd.ipynb");
    assert.deepEqual((parseRunArguments(["n.ipynb", "--param", "x=-1"]) as { parameters: object }).parameters, [
      { name: "x", value: "-1" },
    ]);
  });

  const refused: [args: string[], message: RegExp][] = [
    [[], /name the notebook to run/],
    [["a.ipynb", "b.ipynb"], /one notebook at a time, got a\.ipynb, b\.ipynb/],
    [["a.ipynb", "--outptu", "x"], /unknown option "--outptu"\. Options: --output, --html/],
    [["a.ipynb", "-o", "x"], /unknown option "-o"/],
    [["a.ipynb", "--output"], /--output needs a value/],
    [["a.ipynb", "--output="], /--output needs a value/],
    [["a.ipynb", "--output", "--html"], /--output needs a value, got the option --html/],
    [["a.ipynb", "--output=x", "--output=y"], /--output is given 2 times/],
    [["a.ipynb", "--allow-errors=no"], /--allow-errors takes no value, got "no"/],
    [["a.ipynb", "--timeout", "soon"], /--timeout must be a number of seconds above 0 .* got "soon"/],
    [["a.ipynb", "--timeout", "0"], /--timeout must be/],
    [["a.ipynb", "--timeout", "1e9"], /--timeout must be/],
    [["a.ipynb", "--param", "lr"], /give it as name=value/],
    [["a.ipynb", "--param", "lr=1", "--param", "lr=2"], /--param lr is given twice/],
  ];
  for (const [args, message] of refused) {
    it(`"${args.join(" ")}" is refused`, () =>
      assert.throws(
        () => parseRunArguments(args),
        (error: Error) => error instanceof UsageError && message.test(error.message),
      ));
  }

  it("--help wins, and the help names every option", () => {
    for (const args of [["--help"], ["-h"], ["a.ipynb", "--help"]]) assert.equal(parseRunArguments(args), "help");
    for (const option of ["--output", "--html", "--param", "--timeout", "--allow-errors", "--help"])
      assert.ok(RUN_HELP.includes(option), option);
  });
});
