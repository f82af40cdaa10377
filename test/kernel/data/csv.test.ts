import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import * as data from "../../../kernel/data/index.ts";
import type { CsvOptions } from "../../../kernel/data/csv.ts";

/** The columns of a text, by name. */
async function columns(text: string, options: CsvOptions = {}): Promise<object> {
  const table = await data.csv({ text }, options);
  return Object.fromEntries(table.columns.map((name) => [name, table.column(name)]));
}

describe("data: csv", () => {
  const read: [claim: string, text: string, options: CsvOptions, want: object][] = [
    ["names and numbers", "a,b\n1,2.5\n-3,4e2\n", {}, { a: [1, -3], b: [2.5, 400] }],
    ["no line break at the end", "a\n1", {}, { a: [1] }],
    ["Windows' and old Macintosh' line ends, mixed", "a,b\r\n1,2\r3,4\n5,6", {}, { a: [1, 3, 5], b: [2, 4, 6] }],
    ["a byte order mark", "\ufeffa\n1", {}, { a: [1] }],
    ["empty lines and spaces around fields", "a , b\n\n 1 ,\t2\n   \n3,4\n\n", {}, { a: [1, 3], b: [2, 4] }],
    [
      "quotes: separators, line breaks and quotes inside",
      'a,"b ""x"""\n"1,5","two\nlines"\r\n "2" , "" \n',
      {},
      { a: ["1,5", "2"], 'b "x"': ["two\nlines", ""] },
    ],
    [
      "spaces inside quotes are kept, quotes inside a field too",
      'a,b\n" x ",5" pipe\n',
      {},
      { a: [" x "], b: ['5" pipe'] },
    ],
    ["another separator", "a\tb c\n1\t2\n", { delimiter: "\t" }, { a: [1], "b c": [2] }],
    ["comments", "# made by hand\na\n1\n#2\n3\n", { comment: "#" }, { a: [1, 3] }],
    ["no header", "1,x\n2,y", { header: false }, { column0: [1, 2], column1: ["x", "y"] }],
    ["names of one's own", "1,x\n2,y", { header: ["n", "t"] }, { n: [1, 2], t: ["x", "y"] }],
    ["some columns, in another order", "a,b,c\n1,2,3", { columns: ["c", "a"] }, { c: [3], a: [1] }],
    ["truths", "a,b\ntrue,True\nfalse,no", {}, { a: [true, false], b: ["True", "no"] }],
    ["infinities", "a\ninf\n-Infinity", {}, { a: [Infinity, -Infinity] }],
    [
      "a type that is asked for",
      "zip,n\n01234,1",
      { dtype: { zip: "text", n: "float64" } },
      { zip: ["01234"], n: [1] },
    ],
    ["truths as 0 and 1", "a\n0\n1", { dtype: { a: "bool" } }, { a: [false, true] }],
    [
      "missing numbers as NaN",
      "a,b,c\n1,,true\nNA,2.5,",
      { missing: "nan" },
      { a: [1, NaN], b: [NaN, 2.5], c: [1, NaN] },
    ],
    [
      "missing numbers as a number",
      "a,b\n1,\n?,x",
      { missing: -1, missingValues: ["?"] },
      { a: [1, -1], b: ["", "x"] },
    ],
    ["rows with a gap left out", "a,b\n1,\n2,x\n,y", { missing: "drop" }, { a: [2], b: ["x"] }],
    ["gaps in columns that are not wanted do not matter", "a,b\n1,\n2,", { columns: ["a"] }, { a: [1, 2] }],
    ["a missing text is empty", 'a\nx\n""\ny', {}, { a: ["x", "", "y"] }],
  ];
  for (const [claim, text, options, want] of read) {
    it(`reads ${claim}`, async () => assert.deepEqual(await columns(text, options), want));
  }

  const types: [field: string, dtype: string][] = [
    ["1\n-2", "int32"],
    ["1\n2.0", "float32"],
    ["2147483647\n-2147483648", "int32"],
    ["2147483649", "float64"],
    ["1e3", "float32"],
    ["0x10", "text"],
    ["1\nx", "text"],
    ["true\nfalse", "bool"],
    ["true\n1", "text"],
  ];
  for (const [fields, dtype] of types) {
    it(`${JSON.stringify(fields)} is ${dtype}`, async () =>
      assert.deepEqual((await data.csv({ text: `a\n${fields}` })).dtypes, { a: dtype }));
  }

  it("what a spreadsheet writes comes back, whatever is in the fields", async () => {
    const field = fc.string({ unit: fc.constantFrom("a", " ", ",", '"', "\n", "\r", "é", "1"), maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 6 }), async (rows) => {
        const text = [["x", "y"], ...rows]
          .map((row) => row.map((f) => `"${f.replaceAll('"', '""')}"`).join(","))
          .join("\r\n");
        const back = await columns(text, { dtype: { x: "text", y: "text" } });
        assert.deepEqual(back, { x: rows.map(([x]) => x), y: rows.map(([, y]) => y) });
      }),
    );
  });

  it("columns as tensors: one [n], several [n, k] of the widest dtype; texts as classes in their order", async () => {
    const table = await data.csv({ text: "a,b,c,t,n\n1,0.5,true,z,10\n2,1.5,false,a,9\n3,2.5,true,z,10" });
    const shown = (names?: string | string[]) => {
      const x = table.tensor(names);
      return [x.dtype, x.toArray()];
    };
    assert.deepEqual(shown("a"), ["int32", [1, 2, 3]]);
    assert.deepEqual(shown(["c"]), ["bool", [[true], [false], [true]]]);
    assert.deepEqual(shown(["c", "a"]), [
      "int32",
      [
        [1, 1],
        [0, 2],
        [1, 3],
      ],
    ]);
    assert.deepEqual(shown(["b", "a"]), [
      "float32",
      [
        [0.5, 1],
        [1.5, 2],
        [2.5, 3],
      ],
    ]);
    const { labels, names } = table.classes("t");
    assert.deepEqual([labels.dtype, labels.toArray(), names], ["int32", [1, 0, 1], ["a", "z"]]);
    assert.deepEqual(table.classes("n").names, ["9", "10"]);
    assert.throws(() => table.tensor(), /tensor: column "t" of the text is text: row 0 has "z"\. Take classes\("t"\)/);
    assert.throws(() => table.tensor("d"), /the text has no column "d"; it has "a", "b", "c", "t", "n"/);
  });

  it("shows itself: the first and the last rows, with the types, and nothing as HTML that is text", async () => {
    const table = await data.csv({ text: `n,t\n${Array.from({ length: 30 }, (_, i) => `${i},<b${i}>`).join("\n")}` });
    const shown = (table as never as { [key: symbol]: () => { [mime: string]: string } })[
      Symbol.for("Jupyter.display")
    ]!();
    assert.match(
      shown["text/plain"]!,
      /^ n +t\n 0 +<b0>\n[^]*\n 4 +<b4>\n +… +…\n25 +<b25>\n[^]*\[30 rows × 2 columns\]$/,
    );
    assert.match(shown["text/html"]!, /<td>int32<\/td><td>text<\/td>.*<td>&lt;b29&gt;<\/td>/);
  });

  describe("files", () => {
    let folder: string;
    before(async () => void (folder = await mkdtemp(join(tmpdir(), "gradbook-csv-"))));
    after(() => rm(folder, { recursive: true }));
    const file = async (bytes: string | Uint8Array) => {
      await writeFile(join(folder, "x.csv"), bytes);
      return join(folder, "x.csv");
    };

    it("a path, a URL, gzip and other encodings", async () => {
      const path = await file("a\n1");
      assert.equal((await data.csv(path)).length, 1);
      assert.equal((await data.csv(pathToFileURL(path))).length, 1);
      assert.equal((await data.csv(await file(gzipSync("a\n1\n2")))).length, 2);
      const latin = await data.csv(await file(Buffer.from("t\né", "latin1")), { encoding: "latin1" });
      assert.deepEqual(latin.column("t"), ["é"]);
    });

    const refused: [what: string, bytes: string | Uint8Array, message: RegExp, options?: CsvOptions][] = [
      [
        "a missing number",
        "a,b\n1,2\n\n3,\n",
        /x\.csv, line 4: column "b": the number is missing \(""\)\. Give missing: "drop" or a number/,
      ],
      [
        "a missing float",
        "a\n1.5\nNA\n",
        /line 3: column "a": the number is missing \("NA"\)\. Give missing: "nan", "drop"/,
      ],
      ["a gap after quoted lines", 'a,b\n"x\ny",1\nz,\n', /line 4: column "b"/],
      [
        "text among numbers that are asked for",
        "a\n1\nx",
        /line 3: column "a": "x" is no float32/,
        { dtype: { a: "float32" } },
      ],
      ["too few fields", "a,b\n1,2\n3\n", /x\.csv, line 3: 1 fields, 2 are needed \(a, b\); is "," the delimiter/],
      ["too many fields", "a,b\n1,2,3\n", /line 2: 3 fields, 2 are needed/],
      ["a quote that is never closed", 'a\n1\n"x\n2\n', /line 3: the quoted field 1 is never closed/],
      ["more behind a quote", 'a,b\n1,"x"y\n', /line 2: field 2 goes on after its closing quote/],
      ["one name for two columns", "a,b,a\n1,2,3", /two columns are called "a"\. Give names of your own/],
      ["nothing", "", /x\.csv is empty/],
      ["names alone", "a,b\n", /x\.csv has no records after the header/],
      ["another encoding", Buffer.from("t\né", "latin1"), /x\.csv is not utf-8\. Give \{ encoding: "latin1" \}/],
      ["a cut gzip", gzipSync("a\n1\n2\n3\n4").subarray(0, -4), /x\.csv: the gzip file is cut short/],
      ["a column that is not there", "a,b\n1,2", /x\.csv has no column "c"; it has "a", "b"/, { columns: ["c"] }],
      ["a type for a column that is not there", "a\n1", /has no column "z"/, { dtype: { z: "text" } }],
      [
        "a type that is none",
        "a\n1",
        /its dtype must be bool, int32, float32, float64, text; got "int64"/,
        { dtype: { a: "int64" as "int32" } },
      ],
      ["two characters as separator", "a\n1", /delimiter must be one character.*got ", "/, { delimiter: ", " }],
      [
        "a wrong way with gaps",
        "a\n1",
        /missing must be "error", "nan", "drop" or a number, got "skip"/,
        { missing: "skip" as "drop" },
      ],
      ["an unknown encoding", "a\n1", /unknown encoding "klingon"/, { encoding: "klingon" }],
      ["an unknown option", "a\n1", /unknown option "sep"\. Options: header, columns/, { sep: ";" } as object],
    ];
    for (const [what, bytes, message, options] of refused) {
      it(`${what}: an error with file, line and column`, async () => {
        await assert.rejects(data.csv(await file(bytes), options), (error: Error) => {
          assert.match(error.message, /^data\.csv: /);
          assert.match(error.message, message);
          return true;
        });
      });
    }
    it("a file that is not there, a folder and nothing", async () => {
      await assert.rejects(data.csv("nowhere.csv"), /data\.csv: cannot read nowhere\.csv: ENOENT.* Looked from \//);
      await assert.rejects(data.csv(folder), /data\.csv: cannot read .*EISDIR/);
      await assert.rejects(data.csv(undefined as never), /data\.csv: needs a path or \{ text: "…" \}, got undefined/);
    });
  });

  it("100,000 lines with and without quotes take no time that grows with the square", async () => {
    const line = (quote: string) => (_: unknown, i: number) => `${i},${quote}x${quote}`;
    for (const quote of ["", '"']) {
      const table = await data.csv({ text: `a,b\n${Array.from({ length: 100_000 }, line(quote)).join("\n")}` });
      assert.deepEqual([table.length, table.column("a").at(-1)], [100_000, 99_999]);
    }
  });
});
