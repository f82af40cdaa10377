/** The library: what `import … from "gradbook"` gives. */
export * from "./tensor/index.ts";
export * from "./ops/index.ts";
export * from "./autograd/index.ts";
export * as autograd from "./autograd/index.ts";
export * as nn from "./nn/index.ts";
export * as optim from "./optim/index.ts";
export * as data from "./data/index.ts";
export * as plot from "./plot/index.ts";
