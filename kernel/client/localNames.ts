export { boxedName, isKernelsName } from "../protocol/localNames.ts";
