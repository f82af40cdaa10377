import { checkTensor, named } from "../autograd/functions.ts";
import { filled } from "../tensor/create.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { checkKind, is } from "../tensor/options.ts";
import { show } from "../tensor/shape.ts";
import { ShapeError } from "../tensor/errors.ts";
import { where } from "./where.ts";

function part(who: string, x: Tensor, diagonal: number, keep: (row: number, column: number) => boolean): Tensor {
  checkKind(who, "diagonal", diagonal, is.whole);
  if (checkTensor(who, "x", x).ndim < 2) throw new ShapeError(`${who}: needs at least 2 dims, got ${show(x.shape)}.`);
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const mask = empty([rows, columns], "bool");
  const data = mask.storage.array();
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) data[i * columns + j] = keep(i, j) ? 1 : 0;
  return where(mask, x, filled([], 0, x.dtype));
}

/** The lower triangle of the last two dims, the rest 0; `diagonal` is the highest one kept (default 0, the main one). */
export const tril = named("tril", (x: Tensor, diagonal = 0): Tensor =>
  part("tril", x, diagonal, (i, j) => j - i <= diagonal),
);

/** The upper triangle of the last two dims, the rest 0; `diagonal` is the lowest one kept (default 0, the main one). */
export const triu = named("triu", (x: Tensor, diagonal = 0): Tensor =>
  part("triu", x, diagonal, (i, j) => j - i >= diagonal),
);
