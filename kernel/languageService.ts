/**
 * The language thread: answers what an editor asks about the text of the cells. It runs no code of the user, so it answers
 * while a cell computes. kernel/session/languageThread.ts starts it and talks to it.
 */
import path from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { Schedule } from "./language/service/schedule.ts";
import { NotebookService } from "./language/service/service.ts";
import { typeFiles } from "./language/service/typeFiles.ts";
import type { LanguageData, ToLanguage } from "./session/languageThread.ts";

const port = parentPort;
if (!port) throw new Error("kernel/languageService.js is started by kernel/main.js, not by itself.");
const { folder } = workerData as LanguageData;
const bundled = path.extname(import.meta.filename) === ".js";

const schedule = new Schedule({
  service: new NotebookService({ folder, types: typeFiles(import.meta.dirname, { bundled }) }),
  reply: (id, answered) => port.postMessage({ id, answered }),
  later: setImmediate,
});
port.on("message", (message: ToLanguage) => {
  switch (message.type) {
    case "ask":
      return schedule.receive(message.id, message.request);
    case "ran":
      return schedule.ran(message.code);
    case "forget":
      return schedule.forget();
  }
});
