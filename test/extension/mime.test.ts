import assert from "node:assert/strict";
import { bytesOf, typesOf } from "../../extension/mime.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe("MIME bundles", () => {
  it("a figure comes before its picture, pictures before texts, what is not known between them", () => {
    const types = ["text/plain", "image/png", "application/x-own", "text/html", "application/vnd.plotly.v1+json"];
    assert.deepEqual(typesOf(Object.fromEntries(types.map((type) => [type, ""]))), [
      "application/vnd.plotly.v1+json",
      "text/html",
      "image/png",
      "application/x-own",
      "text/plain",
    ]);
  });

  const rows: [claim: string, mime: string, value: unknown, want: string][] = [
    ["a text", "text/plain", "é", "é"],
    ["the lines of a text", "text/html", ["<b>\n", "</b>"], "<b>\n</b>"],
    ["a JSON value, to be read", "application/json", { a: [1] }, '{\n  "a": [\n    1\n  ]\n}'],
    ["a JSON list is not the lines of a text", "application/x+json", ["a", "b"], '["a","b"]'],
    ["a JSON string keeps its quotes", "application/json", "a", '"a"'],
    ["undefined as JSON", "application/json", undefined, "null"],
    ["SVG is text", "image/svg+xml", "<svg/>", "<svg/>"],
    ["an image is base64", "image/png", Buffer.from("pixels").toString("base64"), "pixels"],
    ["base64 in lines", "image/jpeg", ["cGl4", "ZWxz"], "pixels"],
    ["bytes as they are", "image/png", new TextEncoder().encode("raw"), "raw"],
  ];
  for (const [claim, mime, value, want] of rows) {
    it(`${claim}: ${mime}`, () => assert.equal(text(bytesOf(mime, value)), want));
  }
});
