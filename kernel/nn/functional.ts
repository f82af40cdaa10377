/** Layers, activations and losses as plain functions: `nn.functional.relu(x)`, `nn.functional.crossEntropy(x, t)`. */
export {
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  avgPool2d,
  batchNorm,
  conv1d,
  conv2d,
  convTranspose2d,
  elu,
  fold,
  gelu,
  groupNorm,
  hardsigmoid,
  hardswish,
  interpolate,
  layerNorm,
  leakyRelu,
  linear,
  logSigmoid,
  logSigmoid as logsigmoid,
  logSoftmax,
  maxPool2d,
  mish,
  oneHot,
  pad,
  prelu,
  relu,
  relu6,
  scaledDotProductAttention,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
  tanh,
} from "../ops/index.ts";
export { hardtanh } from "../ops/clamp.ts";
export { unfoldPatches as unfold } from "../ops/unfold.ts";
export { embedding, type EmbeddingOptions } from "./embedding.ts";
export { alphaDropout, dropout, dropout1d, dropout2d } from "./dropout.ts";
export { instanceNorm, rmsNorm } from "./rmsNorm.ts";
export { pixelShuffle, pixelUnshuffle } from "./pixelShuffle.ts";
export { adaptiveAvgPool1d, adaptiveMaxPool1d, avgPool1d, maxPool1d } from "./pool1d.ts";
export { celu, glu, hardshrink, softmin, softshrink, tanhshrink, threshold } from "./shrink.ts";
export {
  cosineEmbeddingLoss,
  cosineSimilarity,
  hingeEmbeddingLoss,
  marginRankingLoss,
  normalize,
  pairwiseDistance,
  tripletMarginLoss,
} from "./losses/distance.ts";
export {
  gaussianNllLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
  poissonNllLoss,
  softMarginLoss,
} from "./losses/likelihood.ts";
export { mseLoss, l1Loss, smoothL1Loss, huberLoss } from "./losses/regression.ts";
export { binaryCrossEntropy, binaryCrossEntropyWithLogits } from "./losses/binary.ts";
export { crossEntropy, klDiv, nllLoss, type CrossEntropyOptions } from "./losses/classification.ts";
