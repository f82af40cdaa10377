/** What the engine found out about this machine, and every fall-back; shown by `gradbook doctor` and the kernel's log. */
export const log: string[] = [];
const listeners = new Set<(line: string) => void>();

export function note(line: string): void {
  log.push(line);
  for (const listener of listeners) listener(line);
}

/** Calls `listener` for everything noted so far and from now on. */
export function onNote(listener: (line: string) => void): void {
  for (const line of log) listener(line);
  listeners.add(listener);
}
