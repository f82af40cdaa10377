/** Neural networks: `import { nn } from "gradbook"`. */
import "./variable.ts";
export { Module, type StateDict } from "./module.ts";
export { Parameter, Buffer } from "./parameter.ts";
export { Linear, type LinearOptions } from "./linear.ts";
export { Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict } from "./containers.ts";
export { Conv1d, Conv2d, ConvTranspose2d } from "./conv.ts";
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AvgPool1d,
  AvgPool2d,
  MaxPool1d,
  MaxPool2d,
} from "./pool.ts";
export { ConstantPad2d, Fold, Unfold, Upsample, ZeroPad2d } from "./images.ts";
export {
  BatchNorm1d,
  BatchNorm2d,
  GroupNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  LayerNorm,
  RMSNorm,
  type BatchNormLayerOptions,
} from "./normalize.ts";
export { Embedding, type EmbeddingOptions } from "./embedding.ts";
export { RNN, LSTM, GRU, type RecurrentOptions } from "./recurrent.ts";
export { RNNCell, LSTMCell, GRUCell, type CellOptions } from "./cells.ts";
export { MultiheadAttention, type AttendOptions, type MultiheadAttentionOptions } from "./attention.ts";
export {
  TransformerEncoder,
  TransformerEncoderLayer,
  type EncoderLayerMasks,
  type EncoderMasks,
  type TransformerEncoderLayerOptions,
} from "./transformer.ts";
export { Flatten, Unflatten } from "./flatten.ts";
export { PixelShuffle, PixelUnshuffle } from "./pixelShuffle.ts";
export { AlphaDropout, Dropout, Dropout1d, Dropout2d } from "./dropout.ts";
export * from "./activations.ts";
export * from "./losses/modules.ts";
export * as functional from "./functional.ts";
export * as init from "./init.ts";
import { clipGradNorm, clipGradValue } from "./clip.ts";
import { parametersToVector, vectorToParameters } from "./vector.ts";
/** Clipping of gradients, and parameters as one vector; named as in PyTorch. */
export const utils = { clipGradNorm, clipGradValue, parametersToVector, vectorToParameters };
