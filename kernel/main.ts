/**
 * The kernel process. This thread is the supervisor: it takes requests, answers what needs no user code, interrupts and
 * restarts the worker; it never runs user code and never blocks.
 */
import path from "node:path";
import { Dispatcher } from "./protocol/dispatch.ts";
import { realEnvironment } from "./protocol/message.ts";
import type { Message } from "./protocol/messages.ts";
import { STANDARD_HEAD_LINES } from "./session/outputLimits.ts";
import { removeSpillFolder, spillFolder } from "./session/spill.ts";
import { WorkerSession } from "./session/workerSession.ts";
import { IpcTransport } from "./transport/ipc.ts";
import type { ZeromqTransport } from "./transport/zeromq.ts";

/** Given by a kernelspec of Jupyter; clients of ours talk over the channel to their child process. */
const [, , connectionFile] = process.argv;
if (!process.send && connectionFile === undefined) {
  process.stderr.write('The kernel is started by a client. To run a notebook: "gradbook run notebook.ipynb".\n');
  process.exit(2);
}

// VS Code's runtime needs it to run this file; a program that a cell starts must not inherit it.
delete process.env["ELECTRON_RUN_AS_NODE"];

// stderr of this process goes to the client's log, never into a cell.
const log = (line: string): void => void process.stderr.write(line.endsWith("\n") ? line : line + "\n");

const outputs = spillFolder();
// Whoever runs notebooks without a window still wants to read the files afterwards.
if (process.env["GRADBOOK_OUTPUT_KEEP"] !== "1") process.on("exit", () => removeSpillFolder(outputs));

/** Two megabytes at most: as much as a Jupyter server lets pass at once (`iopub_data_rate_limit`: 1 MB/s over 3 s). */
const JUPYTER_HEAD_LINES = 20_000;

/** A cell may be in a call that cannot be ended, and process.exit would wait for it. */
function endHard(): void {
  process.once("exit", () => process.kill(process.pid, "SIGKILL"));
  process.exit(0);
}

/** worker.js beside main.js; from the sources, worker.ts beside main.ts. */
const beside = (name: string): string => path.join(import.meta.dirname, name + path.extname(import.meta.filename));
const sockets = connectionFile === undefined ? undefined : await open(connectionFile);
const transport = sockets ?? new IpcTransport(process);
/** The build's; it is the same beside the sources and beside the bundles. */
const figureScript = path.join(
  import.meta.dirname,
  import.meta.filename.endsWith(".ts") ? "../dist" : "..",
  "jupyter/liveFigure.js",
);
const session: WorkerSession = new WorkerSession({
  workerPath: beside("worker"),
  languagePath: beside("languageService"),
  folder: process.cwd(),
  spillFolder: outputs,
  figureScript: connectionFile === undefined ? undefined : figureScript,
  headLines: sockets ? JUPYTER_HEAD_LINES : STANDARD_HEAD_LINES,
  input: (parent, request, gone) => dispatcher.ask(parent, request, gone),
  publish: (parent, msg_type, content, metadata, buffers) =>
    transport.send(dispatcher.publication(parent, msg_type, content, metadata, buffers)),
  onLost: () => dispatcher.sessionLost(),
  log,
  // The moment is for the cell's answer.
  onHopeless: () => setTimeout(endHard, 300),
  onBroken: (error) => {
    log(`The worker for cells could not be started: ${error instanceof Error ? error.stack : String(error)}`);
    process.exit(1);
  },
});
const dispatcher: Dispatcher = new Dispatcher({
  session,
  sender: { session: realEnvironment.newId(), username: "kernel", environment: realEnvironment },
  version: process.env["GRADBOOK_VERSION"] ?? "0.0.0",
  ports: sockets?.ports,
  send: (message) => transport.send(message),
  log,
  onShutdown: () =>
    void transport.close().then(() => {
      // The moment is for the reply.
      if (session.isStuck || sockets?.leftBehind) setTimeout(endHard, 300);
      else process.exit(0);
    }),
});

transport.onMessage = (message) => dispatcher.receive(message);
// Ctrl+C in a terminal reaches every process of its group; what it means is for a client of ours to say. A Jupyter front
// end that sends the signal means the cell.
process.on("SIGINT", () => connectionFile !== undefined && dispatcher.interrupt());
// The client is gone, by its own end or by a crash: nobody can use what runs here.
transport.onClose = endHard;
// Programs of cells end with the kernel, however it ends.
process.on("exit", () => session.endPrograms());
for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, endHard);
// Written to by the log; a front end that is gone reads it no more, and its end is noticed elsewhere.
process.stderr.on("error", () => {});
dispatcher.start();
sockets?.serve();
if (sockets) session.prepareLanguage();

/** For Jupyter front ends; zeromq is loaded for nobody else. */
async function open(file: string): Promise<ZeromqTransport> {
  const { ZeromqTransport, readConnectionFile, writePorts, PORTS } = await import("./transport/zeromq.ts");
  const fail = (error: unknown): never => {
    log(error instanceof Error ? error.message : String(error));
    process.exit(1);
  };
  try {
    const connection = readConnectionFile(file, log);
    const welcome = (subscription: string): Message => dispatcher.publication({}, "iopub_welcome", { subscription });
    const opened = new ZeromqTransport({ connection, welcome, log });
    const ports = await opened.bind(fail);
    if (PORTS.some((name) => connection[name] === 0)) writePorts(file, ports);
    return opened;
  } catch (error) {
    return fail(error);
  }
}
