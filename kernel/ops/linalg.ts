/** Linear algebra under the names of torch.linalg: `linalg.solve(a, b)`, `linalg.inv(a)`. */
export { cholesky } from "./cholesky.ts";
export { det, slogdet } from "./determinant.ts";
export { diagonal } from "./diagonal.ts";
export { LinAlgError } from "./lu.ts";
export { matmul } from "./matmul.ts";
export { matrixPower } from "./matrixPower.ts";
export { linalgNorm as norm, vectorNorm } from "./matrixNorm.ts";
export { inverse as inv, solve } from "./solve.ts";
export { solveTriangular } from "./triangular.ts";
