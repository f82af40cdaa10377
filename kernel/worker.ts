/**
 * The worker thread: runs the cells and holds their variables. Here the two halves meet: the notebook's session, and
 * the library's host under `Symbol.for("gradbook.host")`. Everything is put together in this file and nowhere else.
 */
import path from "node:path";
import { getHeapStatistics } from "node:v8";
import { parentPort, workerData } from "node:worker_threads";
import { commChannels, pageChannels } from "./figures.ts";
import type { MemoryPart } from "./protocol/variables.ts";
import { setHost } from "./plot/host.ts";
import { currentCell, rest } from "./session/cellContext.ts";
import { CellRunner } from "./session/cellRunner.ts";
import { Callbacks } from "./session/comms/callbacks.ts";
import { Comms } from "./session/comms/comms.ts";
import { installConsole } from "./session/console.ts";
import { CONTROL } from "./session/control.ts";
import { DEBUG_VIEW } from "./debugger/worker.ts";
import { debugQuestions, showInFrames } from "./session/debugging.ts";
import { WorkerDebugView } from "./session/debugView.ts";
import { cellGlobals, Displays } from "./session/globals.ts";
import { installInheritedOutput } from "./session/inheritedOutput.ts";
import { Inputs } from "./session/input.ts";
import { CellModules } from "./session/modules/cellModules.ts";
import { answer, type Questions } from "./session/questions.ts";
import { mimeBundle } from "./session/mimeBundle.ts";
import { Output } from "./session/output.ts";
import { outputLimits } from "./session/outputLimits.ts";
import { CellRuntime } from "./session/runtime.ts";
import { watchPrograms } from "./session/programs.ts";
import { Commands } from "./session/shell/commands.ts";
import { describeError, installStackTraces, StackMaps } from "./session/stack.ts";
import { installSurroundings } from "./session/surroundings.ts";
import { installTimers } from "./session/timers.ts";
import { variableAnswers } from "./session/variables/answers.ts";
import { createWidgets } from "./session/widgets/index.ts";
import { Models } from "./session/widgets/models.ts";
import type { CommRequest } from "./protocol/session.ts";
import type { ToWorker, WorkerData } from "./session/workerMessages.ts";
import { transformCell } from "./language/transform.ts";
import { enableExperimental } from "./wasm/flags.ts";
import { onNote } from "./wasm/log.ts";

const port = parentPort;
if (!port) throw new Error("kernel/worker.js is started by kernel/main.js, not by itself.");
const { control, folder, spillFolder, figureScript, headLines } = workerData as WorkerData;
const here = import.meta.dirname;
const bundle = (name: string): string => path.join(here, name + path.extname(import.meta.filename));

const maps = new StackMaps();
const commands = new Commands({ folder, onEnded: () => modules.reportPackages() });
const modules: CellModules = new CellModules({
  folder,
  command: commands.run,
  maps,
  ours: here,
  library: { gradbook: bundle("gradbook"), "gradbook/notebook": bundle("cellGlobals") },
});
const runtime = new CellRuntime(control, modules);
modules.onReplaced = (replaced) => runtime.follow(replaced);
const log = (line: string): void => port.postMessage({ type: "log", line });
const limits = outputLimits(process.env, log, headLines);
const output = new Output({ port, control, limits, spillFolder });
const displays = new Displays(output);
const runner = new CellRunner({ runtime, output, maps });
const callbacks = new Callbacks({
  output,
  describe: (error) => describeError(error, maps),
  report: (error) => runner.report(error),
});
const comms = new Comms({ output, callbacks });

runtime.onPoll = (now) => output.poll(now);
// Local modules poll through this; they have no cell function to hand them the runtime.
Object.defineProperty(globalThis, Symbol.for("gradbook.runtime"), { value: runtime });
// The process is ours, so V8's flags may be set for the engine. It starts when a cell first imports the library.
if (process.env["GRADBOOK_EXPERIMENTAL"] !== "0") enableExperimental();
onNote((line) => output.post({ type: "log", line: `engine: ${line}` }));
const { first, last, ...channels } = figureScript ? pageChannels(output, control, figureScript) : commChannels(comms);
setHost({
  display(bundle, { id, of } = {}) {
    displays.show(first(bundle), id);
    if (of) currentCell()?.run.shown.add(of);
  },
  update: (bundle, id) => displays.update(last(bundle), id),
  ...channels,
  onCellEnd: (callback) => currentCell()?.onEnd(callback),
  poll: runtime.stopIfInterrupted,
});
installStackTraces(maps, here);
installConsole(output);
installTimers({
  report: (error) => runner.report(error),
  stopIfInterrupted: runtime.stopIfInterrupted,
  stopIfFlooded: runtime.stopIfFlooded,
});
installSurroundings(control);
watchPrograms({
  control,
  post: (message) => output.post(message),
  stopIfInterrupted: runtime.stopIfInterrupted,
});
installInheritedOutput();
const inputs = new Inputs(output, runtime.stopIfInterrupted);
const { prompt, confirm, alert } = inputs;
const widgets = createWidgets({ models: new Models(comms), callbacks });
Object.assign(globalThis, cellGlobals({ displays, inputs, widgets, comms }), {
  require: modules.require,
  prompt,
  confirm,
  alert,
});
Object.defineProperty(process, "stdin", { get: () => inputs.stdin(), configurable: true });
process.on("uncaughtException", (error) => runner.report(error));
process.on("unhandledRejection", (error) => runner.report(error));

const debugView = new WorkerDebugView({
  names: () => runner.variables(),
  define: (name, value) => runner.define(name, value),
  attach: (on) => showInFrames(runtime.allBoxes(), on),
});
Object.defineProperty(globalThis, Symbol.for(DEBUG_VIEW), { value: debugView });

/** One line for each question that the supervisor may ask. */
const questions: Questions = {
  rest: ({ within_ms }) => rest(Number(within_ms)),
  comm(message) {
    Atomics.sub(control, CONTROL.waiting, 1);
    return comms.receive(message as unknown as CommRequest);
  },
  ...debugQuestions(control, () => runtime.allBoxes()),
  "debug/show": async ({ name }) => {
    const known = runner.variable(String(name));
    return { data: known ? await mimeBundle(known.value) : {}, metadata: {} };
  },
  variables: variableAnswers({
    all: () => runner.variables(),
    get: (name) => runner.variable(name),
    memory: () => [...processMemory(), ...engineMemory()],
  }),
};

port.on("message", (message: ToWorker) => {
  callbacks.settle();
  switch (message.type) {
    case "execute":
      Atomics.sub(control, CONTROL.waiting, 1);
      displays.begin(message.request);
      return runner.run(message.id, message.request, (outcome) => {
        output.post({ type: "done", id: message.id, outcome, heapUsed: process.memoryUsage().heapUsed });
      });
    case "cancel":
      return message.background ? runner.cancelBackground() : runner.cancel();
    case "condemn":
      // What turns now is ended from outside, if it is a handler as well.
      callbacks.ended++;
      return runner.condemn();
    case "settle":
      for (const recover of recovery()) recover();
      return runner.settle(message.id, message.error);
    case "ask":
      return void reply(message);
    case "ping":
      return output.post({ type: "pong", id: message.id });
  }
});

// The first transform loads and warms the TypeScript compiler: done before anybody asks, the first cell answers at once.
transformCell("const warm = 1; warm;", { names: new Map(), filename: "gradbook:warm-up" });
output.post({ type: "ready" });

async function reply({ id, question, params }: Extract<ToWorker, { type: "ask" }>): Promise<void> {
  output.post({ type: "answer", id, answer: await answer(questions, question, params, maps) });
}

/** What the library wants to be done after its code was ended from outside; see kernel/tensor/recovery.ts. */
function recovery(): (() => void)[] {
  return (globalThis as { [key: symbol]: (() => void)[] | undefined })[Symbol.for("gradbook.recovery")] ?? [];
}

/** What the library says of its own memory, once it was imported; see kernel/tensor/variable.ts. */
function engineMemory(): MemoryPart[] {
  return (globalThis as { [key: symbol]: (() => MemoryPart[]) | undefined })[Symbol.for("gradbook.memory")]?.() ?? [];
}
function processMemory(): MemoryPart[] {
  return [
    { label: "Process", bytes: process.memoryUsage.rss() },
    { label: "JavaScript", bytes: getHeapStatistics().used_heap_size },
  ];
}
