/** Neural networks: `import { nn } from "gradbook"`. */
export { Module, type StateDict } from "./module.ts";
export { Parameter, Buffer } from "./parameter.ts";
export { Linear, type LinearOptions } from "./linear.ts";
export { Sequential, ModuleList } from "./containers.ts";
export { Conv1d, Conv2d, ConvTranspose2d } from "./conv.ts";
export { MaxPool2d, AvgPool2d, AdaptiveAvgPool2d } from "./pool.ts";
export { BatchNorm1d, BatchNorm2d, LayerNorm, GroupNorm } from "./normalize.ts";
export { Embedding, type EmbeddingOptions } from "./embedding.ts";
export { RNN, LSTM, GRU, type RecurrentOptions } from "./recurrent.ts";
export { MultiheadAttention, type MultiheadAttentionOptions } from "./attention.ts";
export { TransformerEncoderLayer, type TransformerEncoderLayerOptions } from "./transformer.ts";
export { Flatten, Unflatten } from "./flatten.ts";
export { Dropout } from "./dropout.ts";
export * from "./activations.ts";
export * from "./losses/modules.ts";
export * as functional from "./functional.ts";
export * as init from "./init.ts";
import { clipGradNorm, clipGradValue } from "./clip.ts";
/** Clipping of gradients, named as in PyTorch. */
export const utils = { clipGradNorm, clipGradValue };
