/** Layers, activations and losses as plain functions: `nn.functional.relu(x)`, `nn.functional.crossEntropy(x, t)`. */
export {
  elu,
  embedding,
  gelu,
  hardsigmoid,
  hardswish,
  leakyRelu,
  linear,
  logSigmoid,
  logSoftmax,
  mish,
  oneHot,
  pad,
  prelu,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
  tanh,
} from "../ops/index.ts";
export { hardtanh } from "../ops/clamp.ts";
export { dropout } from "./dropout.ts";
export { mseLoss, l1Loss, smoothL1Loss, huberLoss } from "./losses/regression.ts";
export { binaryCrossEntropy, binaryCrossEntropyWithLogits } from "./losses/binary.ts";
export { crossEntropy, klDiv, nllLoss, type CrossEntropyOptions } from "./losses/classification.ts";
