import { checkTensor } from "../autograd/functions.ts";
import { gradMode, noGrad } from "../autograd/mode.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { ne } from "../ops/compare.ts";
import { embedding as rowsOf, indexAdd } from "../ops/indexSelect.ts";
import { reshape, unsqueeze } from "../ops/reshape.ts";
import { where } from "../ops/where.ts";
import { filled } from "../tensor/create.ts";
import { AutogradError, describe, OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions, is, orNull, type Kinds } from "../tensor/options.ts";
import { show, sizeArguments } from "../tensor/shape.ts";
import { SparseTensor } from "../tensor/sparse.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { normal } from "./init.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

export interface EmbeddingOptions {
  /** The number of a word that means nothing: its row starts at 0 and gets no gradient. Negative counts from the end. */
  paddingIdx?: number | undefined;
  /** Rows that are looked up and longer than this are shortened first, in place. */
  maxNorm?: number | undefined;
  /** Which norm `maxNorm` means. Default 2. */
  normType?: number;
  /** The gradient holds only the rows that were looked up: a `SparseTensor`, for SparseAdam, SGD or Adagrad. Default false. */
  sparse?: boolean;
}
const kinds: Kinds = {
  paddingIdx: orNull(is.whole),
  maxNorm: is.positive,
  normType: is.number,
  sparse: is.flag,
};

interface Lookup {
  readonly index: Tensor;
  readonly padding: number | undefined;
  readonly sparse: boolean;
}

const lookUp: Op<Lookup> = defineOp({
  name: "embedding",
  forward: ([weight], { index }) => noGrad(() => rowsOf(index, weight!)),
  keep: (_y, _inputs, { index }) => [index],
  gradient(g, { shapes: [shape], saved: [index], attributes: { padding, sparse } }) {
    if (sparse) {
      if (gradMode.enabled)
        throw new AutogradError(
          "embedding: a sparse gradient cannot be differentiated again. Leave out { sparse: true } for that.",
        );
      const all = SparseTensor.of(index!, g, shape!);
      return [padding === undefined ? all : all.without(padding)];
    }
    const counted = padding === undefined ? g : where(unsqueeze(ne(index!, padding), 1), g, 0);
    return [indexAdd(filled(shape!, 0, g.dtype), 0, index!, counted)];
  },
});

/** Rows of `weight[n, d]` named by `input` (int32, any shape) → [...input.shape, d]. */
export function embedding(input: Tensor, weight: Tensor, options: EmbeddingOptions = {}): Tensor {
  const who = "embedding";
  checkOptions(who, options, kinds);
  const { maxNorm, normType = 2, sparse = false } = options;
  if (checkTensor(who, "weight", weight).ndim !== 2) {
    throw new ShapeError(`${who}: weight must be [rows, size], got ${show(weight.shape)}.`);
  }
  const padding = paddingRow(who, options.paddingIdx, weight.shape[0]!);
  if (maxNorm !== undefined) shorten(checkTensor(who, "input", input), weight, maxNorm, normType);
  if (padding === undefined && !sparse) return rowsOf(input, weight);
  const rows = lookUp([weight], { index: reshape(checkTensor(who, "input", input), -1), padding, sparse });
  return reshape(rows, [...input.shape, weight.shape[1]!]);
}

function paddingRow(who: string, paddingIdx: number | undefined, rows: number): number | undefined {
  if (paddingIdx === undefined || paddingIdx === null) return undefined;
  if (!Number.isInteger(paddingIdx) || paddingIdx < -rows || paddingIdx >= rows) {
    throw new OptionError(`${who}: paddingIdx must be one of the ${rows} rows, got ${describe(paddingIdx)}.`);
  }
  return paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
}

/** Shortens the rows named that are longer than maxNorm. */
function shorten(input: Tensor, weight: Tensor, maxNorm: number, normType: number): void {
  noGrad(() => {
    for (const i of new Set(input.toTypedArray())) {
      const row = weight.select(0, i);
      const length = row.norm(normType).item();
      if (length > maxNorm) row.mul_(maxNorm / (length + 1e-7));
    }
  });
}

/** A learned vector for each of numEmbeddings numbers: int32 [...] → [..., embeddingDim]. Starts normally distributed. */
export class Embedding extends Module {
  // The bundler calls a class that speaks of itself _Embedding.
  static {
    Object.defineProperty(this, "name", { value: "Embedding" });
  }

  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly options: EmbeddingOptions;
  weight: Parameter;

  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions = {}) {
    super();
    checkOptions("Embedding", options, kinds);
    this.weight = new Parameter(empty(sizeArguments("Embedding", [numEmbeddings, embeddingDim]), "float32"));
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.options = { ...options, paddingIdx: paddingRow("Embedding", options.paddingIdx, numEmbeddings) };
    this.resetParameters();
  }

  /** One for vectors that exist: `[numEmbeddings, embeddingDim]`; not learned further unless `{ freeze: false }`. */
  static fromPretrained(embeddings: Tensor, options: EmbeddingOptions & { freeze?: boolean } = {}): Embedding {
    checkOptions("Embedding.fromPretrained", options, { freeze: is.flag, ...kinds });
    const { freeze = true, ...rest } = options;
    if (checkTensor("Embedding.fromPretrained", "embeddings", embeddings).ndim !== 2)
      throw new ShapeError(`Embedding.fromPretrained: needs [rows, size], got ${show(embeddings.shape)}.`);
    const made = new Embedding(0, embeddings.shape[1]!);
    const own = made as { numEmbeddings: number; options: EmbeddingOptions };
    own.numEmbeddings = embeddings.shape[0]!;
    own.options = { ...rest, paddingIdx: paddingRow("Embedding", rest.paddingIdx, own.numEmbeddings) };
    made.weight = new Parameter(embeddings.detach().clone(), !freeze);
    return made;
  }

  /** Draws the initial values again; the row of paddingIdx is 0. */
  resetParameters(): void {
    normal(this.weight);
    const { paddingIdx } = this.options;
    if (paddingIdx !== undefined) noGrad(() => this.weight.select(0, paddingIdx).zero_());
  }

  override forward(input: Tensor): Tensor {
    return embedding(input, this.weight, this.options);
  }
  override extraRepr(): string {
    const rest = Object.entries(this.options).filter(([, value]) => value !== undefined);
    return [this.numEmbeddings, this.embeddingDim, ...rest.map(([name, value]) => `${name}=${String(value)}`)].join(
      ", ",
    );
  }
}
