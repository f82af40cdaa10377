/** The methods that pick, place and order elements, and those that count or compare them. */
import type { Operand } from "../autograd/functions.ts";
import type { Dims, ReduceOptions } from "./sum.ts";
import type { SizeArguments } from "../tensor/shape.ts";
import { diff, fliplr, flipud, repeatInterleave, rot90, tile } from "./arrange.ts";
import { attach, attachInPlace } from "./attach.ts";
import { scatterAdd } from "./gather.ts";
import { bincount, histc } from "./histogram.ts";
import { index, indexPut, type Index } from "./indexing.ts";
import { indexAdd } from "./indexSelect.ts";
import { allclose, equal, isclose, type IscloseOptions } from "./isclose.ts";
import type { ValuesAndIndices } from "./max.ts";
import { median, quantile, type QuantileOptions } from "./median.ts";
import { argwhere, countNonzero, maskedSelect, nonzero } from "./nonzero.ts";
import { roll } from "./roll.ts";
import { bernoulli, multinomial } from "./sampling.ts";
import { scatter } from "./scatter.ts";
import { argsort, kthvalue, sort, topk, type SortOptions, type TopkOptions } from "./sort.ts";
import { take, takeAlongDim } from "./take.ts";
import { unfold } from "./unfold.ts";
import { unique, uniqueConsecutive, type UniqueFlags, type UniqueOptions, type UniqueResult } from "./unique.ts";

attach({ sort, argsort, topk, kthvalue, median, quantile, unique, uniqueConsecutive, bincount, histc });
attach({ index, indexPut, scatter, take, takeAlongDim, maskedSelect, nonzero, argwhere, countNonzero });
attach({ roll, tile, repeatInterleave, diff, rot90, fliplr, flipud, unfold });
attach({ isclose, allclose, equal, multinomial, bernoulli });
attachInPlace({ indexPut, scatter, scatterAdd, indexAdd });

declare module "../tensor/tensor.ts" {
  interface Tensor {
    /** In order along a dim (default the last): values, and where they were. Stable. */
    sort(dim?: number, options?: SortOptions): ValuesAndIndices;
    argsort(dim?: number, options?: SortOptions): Tensor;
    /** The k largest along a dim (default the last). */
    topk(k: number, dim?: number, options?: TopkOptions): ValuesAndIndices;
    kthvalue(k: number, dim?: number, options?: ReduceOptions): ValuesAndIndices;
    median(): Tensor;
    median(dim: number, options?: ReduceOptions): ValuesAndIndices;
    quantile(q: number | readonly number[], dim?: number | null, options?: QuantileOptions): Tensor;
    unique(options?: UniqueOptions & { returnInverse?: false; returnCounts?: false }): Tensor;
    unique(options: UniqueOptions & { returnInverse: true; returnCounts?: false }): Omit<UniqueResult, "counts">;
    unique(
      options: UniqueOptions & { returnInverse?: false; returnCounts: true },
    ): Omit<UniqueResult, "inverseIndices">;
    unique(options: UniqueOptions & { returnInverse: true; returnCounts: true }): UniqueResult;
    uniqueConsecutive(options?: UniqueFlags & { returnInverse?: false; returnCounts?: false }): Tensor;
    uniqueConsecutive(options: UniqueFlags): Partial<UniqueResult>;
    bincount(options?: { weights?: Tensor; minlength?: number }): Tensor;
    histc(options?: { bins?: number; min?: number; max?: number }): Tensor;

    /** `x.index([rows, null, cols])`: x[rows, :, cols] in Python; index tensors, masks, and what slice takes. */
    index(entries: readonly Index[]): Tensor;
    indexPut(entries: readonly Index[], values: Operand, options?: { accumulate?: boolean }): Tensor;
    /** x[entries] ← values */
    indexPut_(entries: readonly Index[], values: Operand, options?: { accumulate?: boolean }): this;
    scatter(dim: number, index: Tensor, source: Operand): Tensor;
    scatter_(dim: number, index: Tensor, source: Operand): this;
    scatterAdd_(dim: number, index: Tensor, source: Tensor): this;
    indexAdd_(dim: number, index: Tensor, source: Tensor): this;
    take(index: Tensor): Tensor;
    takeAlongDim(index: Tensor, dim?: number): Tensor;
    /** The elements where the mask holds, as a vector. */
    maskedSelect(mask: Tensor): Tensor;
    /** Indices of the elements that are not 0: [count, dims]. */
    nonzero(options?: { asTuple?: false }): Tensor;
    nonzero(options: { asTuple: true }): Tensor[];
    argwhere(): Tensor;
    countNonzero(dim?: Dims): Tensor;

    roll(shifts: number | readonly number[], dims?: number | readonly number[]): Tensor;
    tile(...counts: SizeArguments): Tensor;
    repeatInterleave(repeats: number | Tensor, dim?: number | null): Tensor;
    diff(n?: number, dim?: number): Tensor;
    rot90(k?: number, dims?: readonly [number, number]): Tensor;
    fliplr(): Tensor;
    flipud(): Tensor;
    /** Windows of a dim, `step` apart, as a new dim at the end. */
    unfold(dim: number, size: number, step: number): Tensor;

    isclose(other: Operand, options?: IscloseOptions): Tensor;
    allclose(other: Operand, options?: IscloseOptions): boolean;
    equal(other: Tensor): boolean;
    multinomial(count: number, options?: { replacement?: boolean }): Tensor;
    bernoulli(): Tensor;
  }
}
