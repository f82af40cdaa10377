/** Schedules of the learning rate: `optim.lrScheduler`. */
export { Schedule } from "./schedule.ts";
export { StepLR } from "./stepLR.ts";
export { MultiStepLR } from "./multiStepLR.ts";
export { ConstantLR, type ConstantOptions } from "./constantLR.ts";
export { LinearLR, type LinearLROptions } from "./linearLR.ts";
export { ExponentialLR } from "./exponentialLR.ts";
export { PolynomialLR, type PolynomialOptions } from "./polynomialLR.ts";
export { CosineAnnealingLR } from "./cosineAnnealingLR.ts";
export { CosineAnnealingWarmRestarts, type WarmRestartsOptions } from "./cosineAnnealingWarmRestarts.ts";
export { OneCycleLR, type OneCycleOptions } from "./oneCycleLR.ts";
export { CyclicLR, type CyclicOptions } from "./cyclicLR.ts";
export { LambdaLR, MultiplicativeLR } from "./lambdaLR.ts";
export { ReduceLROnPlateau, type PlateauOptions } from "./reduceLROnPlateau.ts";
export { SequentialLR, ChainedScheduler } from "./sequentialLR.ts";
export { WarmupLR, type WarmupOptions } from "./warmupLR.ts";
