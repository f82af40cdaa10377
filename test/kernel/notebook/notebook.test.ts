import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile, chmod, lstat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { NotebookError } from "../../../kernel/notebook/check.ts";
import { notebookText, parseNotebook, readNotebook, writeFileAtomically } from "../../../kernel/notebook/file.ts";
import { joined, lines, storedBundle } from "../../../kernel/notebook/format.ts";
import { jsonText, parseJson } from "../../../kernel/notebook/json.ts";

/** As Jupyter writes it, with what programs like to lose: unknown fields, `1.0`, large numbers, keys that are numbers. */
const JUPYTER = `{
 "cells": [
  {
   "cell_type": "code",
   "execution_count": 3,
   "id": "a1-b_2",
   "metadata": {
    "editable": true,
    "slideshow": {},
    "tags": []
   },
   "outputs": [
    {
     "data": {
      "application/vnd.plotly.v1+json": {
       "data": [
        {
         "10": 1.0,
         "2": 1e-07,
         "x": [
          -0.0,
          12345678901234567890
         ],
         "ä": null
        }
       ]
      },
      "text/plain": [
       "a\\n",
       "b 😀 \\u0007</script>"
      ]
     },
     "metadata": {},
     "output_type": "display_data"
    }
   ],
   "source": [
    "const x = 1;\\n",
    "x"
   ]
  },
  {
   "attachments": {},
   "cell_type": "markdown",
   "id": "c",
   "metadata": {},
   "source": []
  },
  {
   "cell_type": "raw",
   "id": "d",
   "metadata": {},
   "source": [
    "one line"
   ]
  }
 ],
 "metadata": {
  "kernelspec": {
   "display_name": "Gradbook (TypeScript)",
   "language": "typescript",
   "name": "gradbook"
  },
  "widgets": {
   "unknown": true
  }
 },
 "nbformat": 4,
 "nbformat_minor": 5
}
`;

const notebook = (cells: unknown, rest: object = {}) =>
  JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells, ...rest });
const code = (fields: object = {}) => ({
  cell_type: "code",
  id: "x",
  metadata: {},
  source: "",
  outputs: [],
  execution_count: null,
  ...fields,
});

describe("notebook files", () => {
  it("a notebook written by Jupyter is written back byte for byte", () => {
    assert.equal(notebookText(parseNotebook(JUPYTER, "n.ipynb")), JUPYTER);
  });

  it("text that stands in one string is written as lines, as Jupyter does", () => {
    const stream = { output_type: "stream", name: "stdout", text: "a\nb" };
    const display = { output_type: "display_data", data: { "text/plain": "c\nd" }, metadata: {} };
    const text = notebookText(
      parseNotebook(notebook([code({ source: "x\ny", outputs: [stream, display] })]), "n.ipynb"),
    );
    const [cell] = JSON.parse(text).cells;
    assert.deepEqual(
      [cell.source, cell.outputs[0].text, cell.outputs[1].data["text/plain"]],
      [
        ["x\n", "y"],
        ["a\n", "b"],
        ["c\n", "d"],
      ],
    );
  });

  it("any JSON goes out with the value with which it came in, and the second time with the same text", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        const once = jsonText(parseJson(text));
        assert.deepEqual(JSON.parse(once), JSON.parse(text));
        assert.equal(jsonText(parseJson(once)), once);
      }),
    );
  });

  it("keys are in order of code points, as Python sorts them", () => {
    const keys = ["b", "a", "10", "2", "\u{1F600}", "\uFF01", "__proto__", "Z"];
    const sorted = [...parseKeys(jsonText(parseJson(`{${keys.map((key) => `${JSON.stringify(key)}: 1`).join(",")}}`)))];
    assert.deepEqual(sorted, ["10", "2", "Z", "__proto__", "a", "b", "\uFF01", "\u{1F600}"]);
  });

  it("lines keep their ends and are cut where Python cuts them", () => {
    assert.deepEqual(lines("a\nb\r\nc\rd\u2028e"), ["a\n", "b\r\n", "c\r", "d\u2028", "e"]);
    assert.deepEqual(lines(""), []);
    assert.deepEqual(lines("\n\n"), ["\n", "\n"]);
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "\n", "\r", "\u0085", "😀") }), (s) =>
        assert.equal(joined(lines(s)), s),
      ),
    );
  });

  it("a bundle keeps JSON and base64 whole and text in lines", () => {
    assert.deepEqual(
      storedBundle({
        "text/plain": "a\nb",
        "image/png": "QUJD\nREVG",
        "application/json": "x\ny",
        "image/svg+xml": "<svg>\n</svg>",
      }),
      {
        "text/plain": ["a\n", "b"],
        "image/png": "QUJD\nREVG",
        "application/json": "x\ny",
        "image/svg+xml": ["<svg>\n", "</svg>"],
      },
    );
  });

  const damaged: [claim: string, text: string, message: RegExp][] = [
    ["an empty file", "  \n", /^n\.ipynb: is empty/],
    ["text that is not JSON", '{\n "cells": [,]\n}', /^n\.ipynb: is not JSON: Unexpected token ',', .*"cells": \[,\]/],
    ["a file cut short", JUPYTER.slice(0, 900), /^n\.ipynb: is not JSON: /],
    ["marks of a merge", '{\n<<<<<<< HEAD\n "cells": []\n=======\n>>>>>>> x\n}', /holds the marks of a merge/],
    ["another JSON file", '{"name": "gradbook"}', /has no "nbformat"/],
    ["a list", "[]", /holds a list, and a notebook is an object/],
    ["an old format", notebook([], { nbformat: 3 }), /old format 3\. Convert it/],
    ["a newer format", notebook([], { nbformat: 5 }), /format 5, which is newer/],
    [
      "a minor version of another kind",
      notebook([], { nbformat_minor: "5" }),
      /"nbformat_minor" must be a whole number, got the text "5"/,
    ],
    ["no metadata", notebook([], { metadata: undefined }), /"metadata" must be an object, got nothing/],
    ["cells of another kind", notebook({}), /"cells" must be a list, got an object/],
    ["a cell of another kind", notebook([code(), null]), /cell 2 must be an object, got null/],
    [
      "an unknown type of cell",
      notebook([code({ cell_type: "heading" })]),
      /cell 1: "cell_type" must be one of code, markdown, raw; got "heading"/,
    ],
    ["a type of cell that objects inherit", notebook([code({ cell_type: "toString" })]), /got "toString"/],
    [
      "a source of another kind",
      notebook([code({ source: 1 })]),
      /cell 1 \(code\): "source" must be a text or a list of lines, got number 1/,
    ],
    [
      "a source with other things than lines",
      notebook([code({ source: ["a", 1] })]),
      /got a list with other things than texts/,
    ],
    [
      "a code cell without outputs",
      notebook([code({ outputs: undefined })]),
      /cell 1 \(code\): "outputs" must be a list, got nothing/,
    ],
    [
      "an execution count that is a text",
      notebook([code({ execution_count: "1" })]),
      /"execution_count" must be a number or null/,
    ],
    [
      "an unknown type of output",
      notebook([code({ outputs: [{ output_type: "pyout" }] })]),
      /cell 1, output 1: "output_type" must be one of stream/,
    ],
    [
      "a stream without a name",
      notebook([code({ outputs: [{ output_type: "stream", text: "" }] })]),
      /output 1 \(stream\): "name" must be "stdout" or "stderr"/,
    ],
    [
      "a trace that is a text",
      notebook([code({ outputs: [{ output_type: "error", ename: "", evalue: "", traceback: "" }] })]),
      /"traceback" must be a list of texts/,
    ],
    ["an id that is none", notebook([code({ id: "a b" })]), /cell 1: "id" must be 1 to 64 letters/],
    ["an id given twice", notebook([code(), code()]), /cell 2 has the id "x" of cell 1/],
    [
      "tags of another kind",
      notebook([code({ metadata: { tags: "parameters" } })]),
      /"metadata.tags" must be a list of texts/,
    ],
  ];
  for (const [claim, text, message] of damaged) {
    it(`${claim} is an error that says so`, () => {
      assert.throws(
        () => parseNotebook(text, "n.ipynb"),
        (error: Error) => error instanceof NotebookError && message.test(error.message),
      );
    });
  }

  it("a notebook of format 4.2, without ids, is read and keeps its format", () => {
    const text = notebookText(parseNotebook(notebook([code({ id: undefined })], { nbformat_minor: 2 }), "n.ipynb"));
    assert.equal(JSON.parse(text).nbformat_minor, 2);
  });
});

const parseKeys = (text: string) =>
  [...text.matchAll(/^ "(.*)": 1/gm)].map(([, key]) => JSON.parse(`"${key!}"`) as string);

describe("notebook files on disk", () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), "gradbook-"))));
  afterEach(() => rm(folder, { recursive: true }));
  const file = (name: string) => path.join(folder, name);

  it("errors name the file: missing, a folder, not text", async () => {
    await writeFile(file("binary.ipynb"), Uint8Array.from([0xff, 0xfe, 0]));
    await assert.rejects(readNotebook(file("none.ipynb")), /none\.ipynb: there is no such file/);
    await assert.rejects(readNotebook(folder), /is a folder/);
    await assert.rejects(readNotebook(file("binary.ipynb")), /binary\.ipynb: is not UTF-8 text/);
  });

  it("a byte order mark before the notebook does no harm", async () => {
    await writeFile(file("bom.ipynb"), "\uFEFF" + JUPYTER);
    assert.equal(notebookText(await readNotebook(file("bom.ipynb"))), JUPYTER);
  });

  it("writing replaces the file whole, leaves nothing beside it, and keeps permissions and links", async () => {
    await writeFile(file("real.ipynb"), "old");
    await chmod(file("real.ipynb"), 0o640);
    await symlink("real.ipynb", file("link.ipynb"));
    await writeFileAtomically(file("link.ipynb"), "new");
    assert.equal(await readFile(file("real.ipynb"), "utf8"), "new");
    assert.equal((await stat(file("real.ipynb"))).mode & 0o777, 0o640);
    assert.ok((await lstat(file("link.ipynb"))).isSymbolicLink());
    assert.deepEqual((await readdir(folder)).sort(), ["link.ipynb", "real.ipynb"]);
  });

  it("writing that fails says which file and leaves nothing behind", async () => {
    await assert.rejects(
      writeFileAtomically(file("no/such/folder.ipynb"), "x"),
      /folder\.ipynb: could not be written: ENOENT/,
    );
    assert.deepEqual(await readdir(folder), []);
  });
});
