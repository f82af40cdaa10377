import type { Window } from "./participant.ts";

/** One who takes part in a row. */
export interface Runner {
  readonly name: string;
  prepare(work: string, seconds: number): Promise<Window>;
  window(seconds: number): Promise<Window>;
  drop(): Promise<void>;
}

/** Runs per second in each window, or why there are none. */
export type Measured = { readonly rates: readonly number[] } | { readonly error: string };

/**
 * One window of each in turns, `rounds` times, so that whatever else the machine does meets all alike; who begins
 * changes from round to round, for what a turn leaves behind. One who fails is out, and the others go on.
 */
export async function interleave(
  runners: readonly (readonly [runner: Runner, work: string])[],
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<Map<string, Measured>> {
  const errors = new Map<string, string>();
  const rates = new Map<string, number[]>(runners.map(([{ name }]) => [name, []]));
  const attempt = async (name: string, action: () => Promise<unknown>): Promise<void> => {
    try {
      await action();
    } catch (error) {
      errors.set(name, (error as Error).message);
    }
  };
  for (const [runner, work] of runners) await attempt(runner.name, () => runner.prepare(work, seconds));
  for (let round = 0; round < rounds; round++) {
    const first = round % runners.length;
    for (const [runner] of [...runners.slice(first), ...runners.slice(0, first)]) {
      if (errors.has(runner.name)) continue;
      await attempt(runner.name, async () => {
        const { count, seconds: took } = await runner.window(seconds);
        rates.get(runner.name)!.push(count / took);
      });
    }
  }
  for (const [runner] of runners) await attempt(`${runner.name} afterwards`, () => runner.drop());
  return new Map(
    runners.map(([{ name }]) => {
      const error = errors.get(name);
      return [name, error === undefined ? { rates: rates.get(name)! } : { error }];
    }),
  );
}
