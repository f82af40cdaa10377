/** A live figure as data: what the kernel sends, the extension keeps and the renderer draws. */
export { liveBundle } from "./bundle.ts";
export { LIVE_MIME, LIVE_TARGET, applyDelta, follows, initialState, type LiveDelta, type LiveState } from "./state.ts";
