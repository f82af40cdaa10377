/**
 * Lets some changes be under way to the window at once: one at a time would wait 10 ms for each, all at once would
 * fill the extension host's memory when a cell prints faster than the window draws.
 */
const MOST_CHANGES = 64;

export class BackPressure {
  readonly #underWay = new Set<Promise<void>>();

  /** Resolves when there is room for the next change. */
  async add(change: Promise<void>): Promise<void> {
    const settled = change.catch(() => {}).finally(() => this.#underWay.delete(settled));
    this.#underWay.add(settled);
    while (this.#underWay.size >= MOST_CHANGES) await Promise.race(this.#underWay);
  }

  /** Resolves when everything that was added before has arrived. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }
}
