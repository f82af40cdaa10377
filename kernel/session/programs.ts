/**
 * Programs that cells start. They end with the cell that is interrupted and with the session; while the worker waits
 * for one (`execSync`), the supervisor is told so, for then it alone can end it.
 */
import childProcess, { ChildProcess } from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
import { currentCell } from "./cellContext.ts";
import { CONTROL, type Control } from "./control.ts";
import type { FromWorker } from "./workerMessages.ts";

export interface ProgramParts {
  control: Control;
  post(message: Extract<FromWorker, { type: "program" }>): void;
  stopIfInterrupted(): void;
}

type Spawn = (this: ChildProcess, options: unknown) => unknown;

export function watchPrograms({ control, post, stopIfInterrupted }: ProgramParts): void {
  const { spawn } = ChildProcess.prototype as unknown as { spawn: Spawn };
  Object.assign(ChildProcess.prototype, {
    spawn(this: ChildProcess, options: unknown) {
      const failure = spawn.call(this, options);
      const { pid } = this;
      if (pid === undefined) return failure;
      const cell = currentCell();
      const cancel = (): void => post({ type: "program", pid, state: "unwanted" });
      post({ type: "program", pid, state: "started" });
      cell?.onCancel(cancel, "program");
      if (cell?.dead) cancel();
      this.once("exit", () => {
        cell?.offCancel(cancel);
        post({ type: "program", pid, state: "ended" });
      });
      return failure;
    },
  });
  const waiting = <F extends (...args: never[]) => unknown>(run: F): F => {
    const wrapped = function (...args: never[]): unknown {
      stopIfInterrupted();
      Atomics.store(control, CONTROL.inProgram, 1);
      try {
        return run(...args);
      } finally {
        Atomics.store(control, CONTROL.inProgram, 0);
        // Ended because the user asked to stop: that is what went wrong, not the command.
        stopIfInterrupted();
      }
    };
    return Object.defineProperty(wrapped, "name", { value: run.name, configurable: true }) as unknown as F;
  };
  childProcess.spawnSync = waiting(childProcess.spawnSync);
  childProcess.execSync = waiting(childProcess.execSync);
  childProcess.execFileSync = waiting(childProcess.execFileSync);
  syncBuiltinESMExports();
}
