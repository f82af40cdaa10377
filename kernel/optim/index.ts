/** Optimizers: `import { optim } from "gradbook"`. */
export {
  Optimizer,
  type HookHandle,
  type OptimizerStateDict,
  type ParamGroup,
  type ParamState,
  type StepHook,
} from "./optimizer.ts";
export { Adam, type AdamOptions } from "./adam.ts";
export { AdamW } from "./adamw.ts";
export { AMSGrad } from "./amsgrad.ts";
export { RMSprop, type RMSpropOptions } from "./rmsprop.ts";
export { SGD, type SGDOptions } from "./sgd.ts";
