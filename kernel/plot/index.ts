/** `plot`, as a user sees it. A live figure as data, for who transports or draws it, is live/state.ts. */
export * from "./charts/index.ts";
export { figure, type Figure } from "./figure.ts";
export { live, type Live, type LiveOptions, type Loggable, type Logged } from "./live/live.ts";
export type { Run } from "./runs.ts";
