import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { tensor, type DType } from "../../kernel/gradbook.ts";

interface Printed {
  shape: number[];
  dtype: string;
  /** The elements, or the first and the step of a range. */
  data: (number | string)[];
  range: boolean;
  text: string;
}
const { printed } = JSON.parse(readFileSync(new URL("../golden/tensorOps.json", import.meta.url), "utf8")) as {
  printed: Printed[];
};

describe("printing: the elements are laid out as PyTorch 1.13 lays them out", () => {
  for (const { shape, dtype, data, range, text } of printed) {
    const own = (dtype === "int64" ? "int32" : dtype) as DType;
    it(`${dtype} [${shape.join(", ")}] ${range ? `from ${data[0]} by ${data[1]}` : data.join(", ").slice(0, 40)}`, () => {
      const size = shape.reduce((a, b) => a * b, 1);
      const [start, step] = data.map(Number) as [number, number];
      const numbers = range ? Float64Array.from({ length: size }, (_, i) => start + i * step) : data.map(Number);
      const x = tensor(Float64Array.from(numbers), { dtype: own }).reshape(shape);
      const notes = [shape.length > 0 ? `shape=[${shape.join(", ")}]` : "", own === "float32" ? "" : `dtype=${own}`];
      const want = ["tensor(" + text.replaceAll("True", "true").replaceAll("False", "false"), ...notes.filter(Boolean)];
      // Where the notes break the line is the next test's matter.
      assert.equal(String(x).replace(/,\s+(shape|dtype)=/g, ", $1="), want.join(", ") + ")");
    });
  }

  it("a note that would make the last line longer than 80 goes on a line of its own", () => {
    const x = tensor(new Float64Array(16).fill(1.5)).requiresGrad_();
    assert.equal(
      String(x),
      "tensor([1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000,\n" +
        "        1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000], shape=[16],\n" +
        "       dtype=float64, requiresGrad=true)",
    );
  });
});
