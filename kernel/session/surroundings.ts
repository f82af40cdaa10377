/**
 * What else of Node has to know of cells: downloads end with an interrupt, hooks that make ending code from outside
 * dangerous are counted, and what a thread cannot do says so in words that help.
 */
import asyncHooks, { type AsyncHook } from "node:async_hooks";
import { syncBuiltinESMExports } from "node:module";
import v8 from "node:v8";
import { CONTROL, type Control } from "./control.ts";
import { cancellation } from "./timers.ts";

export function installSurroundings(control: Control): void {
  globalThis.fetch = cancellableFetch(globalThis.fetch);
  countPromiseHooks(control);
  process.chdir = (folder: string) => {
    throw new Error(
      `process.chdir(${JSON.stringify(folder)}): cells run in the notebook's folder, ${process.cwd()}, and cannot change it. ` +
        'Use paths such as path.join(folder, "file"), or { cwd: folder } for a program.',
    );
  };
  syncBuiltinESMExports();
}

function cancellableFetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  /** A body that is still being read is cancelled too; a response that nobody holds any more is forgotten. */
  const forgotten = new FinalizationRegistry<() => void>((done) => done());
  const wrapped: typeof fetch = async (input, init) => {
    const given = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    const { signal, done } = cancellation({ signal: given ?? null }, "download");
    try {
      const response = await fetch(input, signal ? { ...init, signal } : init);
      if (response.body) forgotten.register(response, done);
      else done();
      return response;
    } catch (error) {
      done();
      throw error;
    }
  };
  return Object.defineProperty(wrapped, "name", { value: "fetch", configurable: true });
}

/** While JavaScript is told of every promise, ending it from outside aborts the process. */
function countPromiseHooks(control: Control): void {
  const enabled = new Set<object>();
  const count = (): void => void Atomics.store(control, CONTROL.promiseHooks, enabled.size);
  const { createHook } = asyncHooks;
  asyncHooks.createHook = (callbacks) => {
    const hook = createHook(callbacks);
    const { enable, disable } = hook;
    return Object.assign(hook, {
      enable(this: AsyncHook) {
        enabled.add(hook);
        count();
        return enable.call(this);
      },
      disable(this: AsyncHook) {
        const result = disable.call(this);
        enabled.delete(hook);
        count();
        return result;
      },
    });
  };
  const { promiseHooks } = v8;
  for (const name of ["onInit", "onSettled", "onBefore", "onAfter", "createHook"] as const) {
    const start = promiseHooks[name] as unknown as (hook: never) => () => void;
    Object.assign(promiseHooks, {
      [name]: (hook: never) => {
        const stop = start(hook);
        enabled.add(stop);
        count();
        return () => {
          stop();
          enabled.delete(stop);
          count();
        };
      },
    });
  }
}
