/**
 * How long the editor waits for the language service while a cell trains: a lab of 30 cells, a key pressed before each
 * question, in the built kernel (`npm run build`). Prints medians and memory; asserts nothing.
 *
 *     node test/bench/language.ts [rounds]
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { startKernel } from "../../kernel/client/startKernel.ts";
import type { LanguageMethod, LanguageMethods, LanguageRequest } from "../../kernel/protocol/language.ts";

const ROUNDS = Number(process.argv[2] ?? 40);
const kernelPath = path.resolve(import.meta.dirname, "../../dist/kernel/main.js");
if (!existsSync(kernelPath)) throw new Error(`${kernelPath} is missing: run "npm run build" first.`);

const LAB = `import { data, manualSeed, nn, optim, plot, type Tensor } from "gradbook";
import { readFileSync } from "node:fs";
manualSeed(1);
class Net extends nn.Module {
  layer1 = new nn.Linear(784, 128);
  layer2 = new nn.Linear(128, 10);
  forward(x: Tensor) { return this.layer2.forward(this.layer1.forward(x).relu()); }
}`;
const cells = [LAB];
for (let i = 0; i < 28; i++) {
  cells.push(`const model${i} = new Net();
const optimizer${i} = new optim.Adam(model${i}.parameters(), { lr: 0.00${(i % 9) + 1} });
const losses${i} = [];
function train${i}(x: Tensor, y: Tensor, epochs: number) {
  for (let epoch = 0; epoch < epochs; epoch++) {
    optimizer${i}.zeroGrad();
    const loss = nn.functional.crossEntropy(model${i}.forward(x), y);
    loss.backward();
    optimizer${i}.step();
    losses${i}.push(loss.item());
  }
}`);
}
cells.push("");

const folder = mkdtempSync(path.join(os.tmpdir(), "gradbook-bench-"));
const kernel = startKernel({ kernelPath, cwd: folder, onPublication: () => {} });
await kernel.ready;
const uri = (i: number): string => `cell:${i}`;

async function ask<M extends LanguageMethod>(method: M, params: LanguageMethods[M]["params"]): Promise<unknown> {
  const request = { method, params } as unknown as LanguageRequest;
  const reply = await kernel.request("gradbook_language_request", request).reply;
  if (reply.status === "error") throw new Error(`${method}: ${reply.evalue}`);
  return reply.result;
}

/** Resident memory of the kernel's process in MB; Linux only. */
function resident(): number {
  const status = `/proc/${kernel.pid}/status`;
  return existsSync(status) ? Number(/VmRSS:\s*(\d+)/.exec(readFileSync(status, "utf8"))![1]) / 1024 : NaN;
}

async function timed(what: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await what();
  return performance.now() - began;
}

/** In the last cell `text` is typed, then asked about at its end. */
async function typed(name: string, text: (round: number) => string, question: (at: Place) => Promise<unknown>) {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const line = text(round);
    const changed = [{ uri: uri(cells.length - 1), text: line }];
    times.push(
      await timed(async () => {
        void ask("notebook/change", { order: cells.map((_, i) => uri(i)), changed });
        await question({ textDocument: { uri: uri(cells.length - 1) }, position: { line: 0, character: line.length } });
      }),
    );
  }
  times.sort((a, b) => a - b);
  const at = (share: number): string => times[Math.floor((times.length - 1) * share)]!.toFixed(0).padStart(5);
  console.log(`  ${name.padEnd(44)} ${at(0.5)} ${at(0.9)} ${at(1)}`);
}
interface Place {
  textDocument: { uri: string };
  position: { line: number; character: number };
}

await kernel.execute({ code: 'import { tensor } from "gradbook"; tensor([1])' }).reply;
const before = resident();
void kernel.execute({ code: "const busy = 1; for (;;) Math.sqrt(busy)" });
await ask("notebook/open", { cells: cells.map((text, i) => ({ uri: uri(i), text })) });
const first = await timed(() =>
  ask("textDocument/completion", { textDocument: { uri: uri(0) }, position: { line: 0, character: 0 } }),
);
const checked = await timed(() => ask("notebook/diagnostics", {}));
console.log(
  `start of the service and first answer: ${first.toFixed(0)} ms; first diagnostics of ${cells.length} cells: ${checked.toFixed(0)} ms`,
);
console.log(`\n  after a key, while a cell loops, ms            median   90 %  most`);
await typed(
  "members (optimizer3.)",
  (i) => `const a${i} = optimizer3.`,
  (at) => ask("textDocument/completion", { ...at, triggerCharacter: "." }),
);
await typed(
  "names, with imports to add (rea)",
  (i) => `const a${i} = rea`,
  (at) => ask("textDocument/completion", at),
);
await typed(
  "options ({ )",
  (i) => `const a${i} = new optim.Adam(model1.parameters(), { `,
  (at) => ask("textDocument/completion", at),
);
await typed(
  "hover",
  (i) => `const a${i} = optimizer3.step`,
  (at) => ask("textDocument/hover", at),
);
await typed(
  "signature help",
  (i) => `const a${i} = train1(`,
  (at) => ask("textDocument/signatureHelp", at),
);
await typed(
  "diagnostics of all cells",
  (i) => `const a${i} = optimizer3.step()`,
  () => ask("notebook/diagnostics", {}),
);
console.log(`\nmemory of the process: ${before.toFixed(0)} MB before, ${resident().toFixed(0)} MB with the service`);
kernel.dispose();
rmSync(folder, { recursive: true });
