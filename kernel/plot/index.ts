/** `plot`, as a user sees it. The figure's state and deltas, for who transports or draws them, are in live/index.ts. */
export * from "./charts/index.ts";
export { figure, type Figure } from "./figure.ts";
export { live, type Live, type LiveOptions, type Loggable, type Logged } from "./live/live.ts";
export type { Run } from "./runs.ts";
