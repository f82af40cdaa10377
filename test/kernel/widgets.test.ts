/** Widgets as data: their bytes on the wire, what is shown of them, and that each kind is drawn. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { putBuffers, withoutBuffers } from "../../kernel/widgets/buffers.ts";
import { valueText, widgetBundle } from "../../kernel/widgets/bundle.ts";
import type { WidgetState } from "../../kernel/widgets/state.ts";

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

describe("bytes of a widget's state", () => {
  const table: { name: string; state: { [key: string]: unknown }; json: object; paths: unknown[]; count: number }[] = [
    {
      name: "none",
      state: { a: 1, b: [null, { c: "x" }] },
      json: { a: 1, b: [null, { c: "x" }] },
      paths: [],
      count: 0,
    },
    {
      name: "in an object",
      state: { x: { ar: bytes(1) }, y: 2 },
      json: { x: {}, y: 2 },
      paths: [["x", "ar"]],
      count: 1,
    },
    {
      name: "in arrays, whose places stay",
      state: { y: [bytes(1), 5, { z: [bytes(2)] }] },
      json: { y: [null, 5, { z: [null] }] },
      paths: [
        ["y", 0],
        ["y", 2, "z", 0],
      ],
      count: 2,
    },
  ];
  for (const { name, state, json, paths, count } of table) {
    it(`${name}: stand beside the JSON and come back`, () => {
      const before = structuredClone(state);
      const separated = withoutBuffers(state);
      assert.deepEqual([separated.state, separated.buffer_paths, separated.buffers.length], [json, paths, count]);
      assert.deepEqual(state, before, "what was given stays as it is");
      assert.deepEqual(
        putBuffers(structuredClone(separated.state), separated.buffer_paths, separated.buffers as Uint8Array[]),
        state,
      );
    });
  }
  for (const [name, at, given] of [
    ["leads nowhere", ["a", "b", "c"], [bytes(1)]],
    ["is empty", [], [bytes(1)]],
    ["has no buffer", ["a"], []],
    ["leads to what every object has", ["__proto__", "polluted"], [bytes(1)]],
    ["is what every object has", ["__proto__"], [bytes(1)]],
  ] as const) {
    it(`a path that ${name} is an error`, () => {
      assert.throws(() => putBuffers({ a: {} }, [[...at]], given), /names no place in the state, or has no buffer/);
      assert.ok(!("polluted" in {}));
    });
  }
});

describe("a widget as text", () => {
  const state = (more: object): WidgetState => ({ ...more }) as WidgetState;
  for (const [description, value, plain, html] of [
    ["lr", 0.1 + 0.2, "lr: 0.3", "<span>lr: <b>0.3</b></span>"],
    ["", 1e-5, "0.00001", "<span><b>0.00001</b></span>"],
    ["Train", undefined, "Train", "<span>Train</span>"],
    ["<img onerror=x>", true, "<img onerror=x>: on", "<span>&lt;img onerror=x&gt;: <b>on</b></span>"],
  ] as const) {
    it(plain, () => {
      const bundle = widgetBundle("id", state({ description, value }));
      assert.deepEqual([bundle["text/plain"], bundle["text/html"]], [plain, html]);
    });
  }
  it("a value that no widget of ours has is text too", () => assert.equal(valueText({ toString: () => "<x>" }), "<x>"));
});

it("each kind of widget that cells can make is drawn by the renderer", () => {
  const root = path.resolve(import.meta.dirname, "../..");
  const read = (folder: string, file: string): string => readFileSync(path.join(root, folder, file), "utf8");
  const declared = readdirSync(path.join(root, "kernel/session/widgets")).flatMap((file) =>
    [...read("kernel/session/widgets", file).matchAll(/kind: "(\w+)"/g)].map(([, kind]) => `${kind}Model`),
  );
  const files = readdirSync(path.join(root, "media/renderer/widgets"));
  const drawn = files.flatMap((file) =>
    [...read("media/renderer/widgets", file).matchAll(/models: \[([^\]]*)\]/g)].flatMap(([, names]) =>
      [...names!.matchAll(/"(\w+)"/g)].map(([, name]) => name),
    ),
  );
  assert.ok(declared.length >= 5);
  assert.deepEqual(drawn.sort(), declared.sort());
});
