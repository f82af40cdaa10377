import { embedding } from "../ops/indexSelect.ts";
import { sizeArguments } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { normal } from "./init.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

/** A learned vector for each of numEmbeddings numbers: int32 [...] → [..., embeddingDim]. Starts normally distributed. */
export class Embedding extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  weight: Parameter;

  constructor(numEmbeddings: number, embeddingDim: number) {
    super();
    this.weight = new Parameter(empty(sizeArguments("Embedding", [numEmbeddings, embeddingDim]), "float32"));
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    normal(this.weight);
  }
  override forward(input: Tensor): Tensor {
    return embedding(input, this.weight);
  }
  override extraRepr(): string {
    return `${this.numEmbeddings}, ${this.embeddingDim}`;
  }
}
