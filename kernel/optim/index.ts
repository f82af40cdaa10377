/** Optimizers: `import { optim } from "gradbook"`. */
import "./variable.ts";
export {
  Optimizer,
  type HookHandle,
  type OptimizerStateDict,
  type ParamGroup,
  type Params,
  type ParamState,
  type Rule,
  type StepHook,
} from "./optimizer.ts";
export { Adadelta, type AdadeltaOptions } from "./adadelta.ts";
export { Adagrad, type AdagradOptions } from "./adagrad.ts";
export { Adam, type AdamOptions } from "./adam.ts";
export { Adamax, type AdamaxOptions } from "./adamax.ts";
export { AdamW } from "./adamw.ts";
export { AMSGrad, type AMSGradOptions } from "./amsgrad.ts";
export { Lion, type LionOptions } from "./lion.ts";
export { Muon, type MuonOptions } from "./muon.ts";
export { NAdam, type NAdamOptions } from "./nadam.ts";
export { RAdam, type RAdamOptions } from "./radam.ts";
export { RMSprop, type RMSpropOptions } from "./rmsprop.ts";
export { SGD, type SGDOptions } from "./sgd.ts";
export { SparseAdam, type SparseAdamOptions } from "./sparseAdam.ts";
export * as lrScheduler from "./schedules/index.ts";
/** For an optimizer of your own: `run` a rule, `slot` and `nextStep` of its state, `compute` a rate. See `Optimizer`. */
export * as rule from "./rule.ts";
