/** Every chart, one file each. */
export { compare } from "./compare.ts";
export { confusionMatrix } from "./confusionMatrix.ts";
export { effectiveLearningRates } from "./effectiveLearningRates.ts";
export { histogram } from "./histogram.ts";
export { lossCurve } from "./lossCurve.ts";
export { schedule } from "./schedule.ts";
export { stepSizes } from "./stepSizes.ts";
