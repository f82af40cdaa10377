/** The ladder of interrupts by itself: which rung follows which, and what the user is told of each. */
import assert from "node:assert/strict";
import { CONTROL, createControl } from "../../kernel/session/control.ts";
import { Ladder, type RunningCell, type Stoppable } from "../../kernel/session/ladder.ts";
import type { ToWorker } from "../../kernel/session/workerMessages.ts";

interface Behaviour {
  /** What the worker answers only after it was ended from outside; false: not even then. */
  answersWhen?: "at once" | "terminated" | "never";
  /** The cell ends by itself when it is asked to; something that it has started runs on. */
  cellEnds?: boolean;
  saves?: boolean;
  hooks?: number;
  debugging?: boolean;
  workerEnds?: boolean;
}

/** A session in which a cell runs that does not stop when it is asked to. Resolves to what happened, in order. */
async function climb(
  {
    answersWhen = "terminated",
    cellEnds = false,
    saves = true,
    hooks = 0,
    debugging = false,
    workerEnds = true,
  }: Behaviour,
  pressAgainAfter?: number,
): Promise<string[]> {
  const happened: string[] = [];
  const control = createControl();
  Atomics.store(control, CONTROL.promiseHooks, hooks);
  Atomics.store(control, CONTROL.debugging, debugging ? 1 : 0);
  let free!: () => void;
  const isFree = new Promise<void>((resolve) => (free = resolve));
  if (answersWhen === "at once") free();
  let answer!: () => void;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  const running: RunningCell = { id: 1, filename: "cell", saveLocals: "save()", locals: ["x", "y"], answered };
  let isOver = false;
  const over = (what: string): void => {
    happened.push(what);
    isOver = true;
    answer();
    free();
  };
  const session = {
    ready: Promise.resolve(),
    worker: {},
    control,
    variables: ["x", "y", "z"],
    link: {
      evaluateInFrame: async () => (happened.push("save"), { url: "cell", done: saves }),
      terminateExecution: async () => {
        happened.push("terminate");
        if (answersWhen === "terminated") free();
      },
    },
    isRunning: () => !isOver,
    post(message: ToWorker) {
      if (message.type === "settle") return over(message.error.evalue);
      happened.push(message.type);
      if (message.type !== "cancel" || !cellEnds) return;
      isOver = true;
      answer();
    },
    ping: () => isFree,
    endProgram: () => {},
    say: (text: string) => happened.push(text.slice(0, 9)),
    log: () => {},
    replaceWorker: async ({ error }: { error: { evalue: string } }) => {
      if (workerEnds) over(error.evalue);
      return workerEnds;
    },
    giveUp: ({ error }: { error: { evalue: string } }) => over(error.evalue),
  } as unknown as Stoppable;
  const ladder = new Ladder(session);
  ladder.press([running]);
  if (pressAgainAfter !== undefined) setTimeout(() => ladder.press([running]), pressAgainAfter);
  await ladder.climbing;
  return happened;
}

const kept = "stopped by the user in code that does not answer; variables are kept";
const table: { claim: string; behaviour: Behaviour; again?: number; happens: (string | RegExp)[] }[] = [
  {
    claim: "code that does not answer is saved, ended and settled",
    behaviour: {},
    happens: ["cancel", "condemn", "save", "terminate", `${kept}; finally blocks did not run`],
  },
  {
    claim: "what could not be saved is named",
    behaviour: { saves: false },
    happens: [
      "cancel",
      "condemn",
      "save",
      "terminate",
      new RegExp(`${kept}, but what .* gave to x, y could not be saved`),
    ],
  },
  {
    claim: "beside a debugger nothing is paused, and what is not saved is named",
    behaviour: { debugging: true },
    happens: ["cancel", "condemn", "terminate", /gave to x, y could not be saved/],
  },
  {
    claim: "a cell that waits is settled without a pause: what it holds is in the session already",
    behaviour: { answersWhen: "at once" },
    happens: ["cancel", "condemn", `${kept}; finally blocks did not run`],
  },
  {
    claim: "what a cell that has ended leaves running is ended as well",
    behaviour: { cellEnds: true },
    happens: ["cancel", "condemn", "terminate"],
  },
  {
    claim: "also where that takes the worker, and the user is told",
    behaviour: { cellEnds: true, hooks: 1 },
    happens: ["cancel", "Interrupt", /^an async hook is on/],
  },
  {
    claim: "while promises are watched nothing is ended from outside: a new worker, with what is lost by name",
    behaviour: { hooks: 1 },
    happens: ["cancel", /^an async hook is on .* all variables are lost \(x, y, z\)/],
  },
  {
    claim: "a second press goes on to a new worker",
    behaviour: { answersWhen: "never" },
    again: 1300,
    happens: [
      "cancel",
      "condemn",
      "save",
      "terminate",
      /^the cell did not stop; .* all variables are lost \(x, y, z\)/,
    ],
  },
  {
    claim: "a worker that does not end takes the process along",
    behaviour: { answersWhen: "never", workerEnds: false },
    again: 1300,
    happens: [
      "cancel",
      "condemn",
      "save",
      "terminate",
      /native code.*process was ended.*all variables are lost \(x, y, z\)/,
    ],
  },
  {
    claim: "the second half of a double click changes nothing",
    behaviour: {},
    again: 100,
    happens: ["cancel", "condemn", "save", "terminate", `${kept}; finally blocks did not run`],
  },
  {
    claim: "who waits for native code is told so",
    behaviour: { answersWhen: "never" },
    again: 2000,
    happens: ["cancel", "condemn", "save", "terminate", "Interrupt", /^the cell did not stop/],
  },
];

describe("the ladder of interrupts", function () {
  this.timeout(20_000);
  for (const { claim, behaviour, again, happens } of table) {
    it(claim, async () => {
      const happened = await climb(behaviour, again);
      assert.equal(happened.length, happens.length, happened.join("\n"));
      happens.forEach((expected, i) => {
        if (typeof expected === "string") assert.equal(happened[i], expected);
        else assert.match(happened[i]!, expected);
      });
    });
  }
});
