/** Neural networks: `import { nn } from "gradbook"`. */
export { Module, type StateDict } from "./module.ts";
export { Parameter, Buffer } from "./parameter.ts";
export { Linear, type LinearOptions } from "./linear.ts";
export { Sequential, ModuleList } from "./containers.ts";
export { Flatten, Unflatten } from "./flatten.ts";
export { Dropout } from "./dropout.ts";
export * from "./activations.ts";
export * from "./losses/modules.ts";
export * as functional from "./functional.ts";
export * as init from "./init.ts";
import { clipGradNorm, clipGradValue } from "./clip.ts";
/** Clipping of gradients, named as in PyTorch. */
export const utils = { clipGradNorm, clipGradValue };
