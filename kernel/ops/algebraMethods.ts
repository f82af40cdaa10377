/** The methods of linear algebra, running products, and divisions that stay whole. */
import type { Operand } from "../autograd/functions.ts";
import { addcdiv, addcmul, addmm, addmv, addr, baddbmm, lerp, type AddProductOptions } from "./addmm.ts";
import { attach, attachInPlace } from "./attach.ts";
import { clampMax, clampMin, nanToNum } from "./bounds.ts";
import { cholesky } from "./cholesky.ts";
import { cummax, cummin, cumprod } from "./cumulative.ts";
import { det, logdet, slogdet } from "./determinant.ts";
import { floorDivide, fmod, remainder } from "./division.ts";
import { matrixPower } from "./matrixPower.ts";
import type { ValuesAndIndices } from "./max.ts";
import { cross, kron, trace } from "./products.ts";
import { inverse } from "./solve.ts";

attach({ addmm, addmv, addr, baddbmm, addcmul, addcdiv, lerp, cross, kron, trace, matrixPower });
attach({ cholesky, inverse, det, logdet, slogdet, cumprod, cummax, cummin });
attach({ floorDivide, fmod, remainder, clampMin, clampMax, nanToNum });
attachInPlace({ addcmul, addcdiv, lerp, floorDivide, fmod, clampMin, clampMax, nanToNum });

declare module "../tensor/tensor.ts" {
  interface Tensor {
    /** beta · x + alpha · a·b */
    addmm(a: Tensor, b: Tensor, options?: AddProductOptions): Tensor;
    addmv(a: Tensor, b: Tensor, options?: AddProductOptions): Tensor;
    addr(a: Tensor, b: Tensor, options?: AddProductOptions): Tensor;
    baddbmm(a: Tensor, b: Tensor, options?: AddProductOptions): Tensor;
    addcmul(a: Tensor, b: Tensor, options?: { value?: number }): Tensor;
    addcdiv(a: Tensor, b: Tensor, options?: { value?: number }): Tensor;
    /** x + weight · (end − x) */
    lerp(end: Operand, weight: Operand): Tensor;
    cross(other: Tensor, dim?: number): Tensor;
    kron(other: Tensor): Tensor;
    trace(): Tensor;
    matrixPower(power: number): Tensor;
    /** The triangular L with L·Lᵀ = x. */
    cholesky(options?: { upper?: boolean }): Tensor;
    /** x⁻¹ */
    inverse(): Tensor;
    det(): Tensor;
    logdet(): Tensor;
    slogdet(): { sign: Tensor; logabsdet: Tensor };
    cumprod(dim: number): Tensor;
    cummax(dim: number): ValuesAndIndices;
    cummin(dim: number): ValuesAndIndices;
    /** ⌊x / other⌋ */
    floorDivide(other: Operand): Tensor;
    /** Remainder with the sign of x. */
    fmod(other: Operand): Tensor;
    clampMin(min: number | Tensor): Tensor;
    clampMax(max: number | Tensor): Tensor;
    nanToNum(options?: { nan?: number; posinf?: number; neginf?: number }): Tensor;

    addcmul_(a: Tensor, b: Tensor, options?: { value?: number }): this;
    addcdiv_(a: Tensor, b: Tensor, options?: { value?: number }): this;
    lerp_(end: Operand, weight: Operand): this;
    floorDivide_(other: Operand): this;
    fmod_(other: Operand): this;
    clampMin_(min: number | Tensor): this;
    clampMax_(max: number | Tensor): this;
    nanToNum_(options?: { nan?: number; posinf?: number; neginf?: number }): this;
  }
}
