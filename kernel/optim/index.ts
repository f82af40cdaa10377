/** Optimizers: `import { optim } from "gradbook"`. */
export {
  Optimizer,
  type HookHandle,
  type OptimizerStateDict,
  type ParamGroup,
  type ParamState,
  type StepHook,
} from "./optimizer.ts";
export { Adadelta, type AdadeltaOptions } from "./adadelta.ts";
export { Adagrad, type AdagradOptions } from "./adagrad.ts";
export { Adam, type AdamOptions } from "./adam.ts";
export { Adamax, type AdamaxOptions } from "./adamax.ts";
export { AdamW } from "./adamw.ts";
export { AMSGrad } from "./amsgrad.ts";
export { NAdam, type NAdamOptions } from "./nadam.ts";
export { RAdam, type RAdamOptions } from "./radam.ts";
export { RMSprop, type RMSpropOptions } from "./rmsprop.ts";
export { SGD, type SGDOptions } from "./sgd.ts";
export * as lrScheduler from "./schedules/index.ts";
