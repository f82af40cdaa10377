/** One piece of work that every engine does, ready to be done again and again. */
export interface Workload {
  /** Does it once. */
  run(): void;
  /** How often between two looks at the clock, for work shorter than the clock's own cost. Default 1. */
  batch?: number;
}
