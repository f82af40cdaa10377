export { detectAnomaly, isAnomalyEnabled, setDetectAnomaly } from "./anomaly.ts";
export { noGrad, enableGrad, isGradEnabled } from "./mode.ts";
export { grad, type BackwardOptions, type GradOptions } from "./backward.ts";
export { gradcheck, gradgradcheck, type GradcheckOptions } from "./gradcheck.ts";
export { SparseTensor } from "../tensor/sparse.ts";
