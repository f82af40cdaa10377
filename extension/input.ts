/** What a cell asks its user, as VS Code's input box: one at a time, and closed when nobody waits for the answer any more. */
import * as vscode from "vscode";
import type { InputRequest } from "../kernel/protocol/messages.ts";

let last: Promise<unknown> = Promise.resolve();

/** Rejects when the user closes the box. */
export function askUser(request: InputRequest, { signal }: { signal: AbortSignal }): Promise<string> {
  // A second box would close the first.
  const answer = last.then(() => show(request, signal));
  last = answer.catch(() => {});
  return answer;
}

function show({ prompt, password, default: standard, cell }: InputRequest, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new Error("the cell has ended."));
    const box = vscode.window.createInputBox();
    box.title = `Cell [${cell}] asks`;
    box.prompt = prompt;
    box.password = password;
    box.value = standard;
    // Looking something up in another editor is no answer.
    box.ignoreFocusOut = true;
    box.onDidAccept(() => {
      resolve(box.value);
      box.dispose();
    });
    box.onDidHide(() => {
      reject(new Error("the box was closed without an answer; variables are kept."));
      box.dispose();
    });
    signal.addEventListener("abort", () => {
      reject(new Error("the cell has ended."));
      box.dispose();
    });
    box.show();
  });
}
