import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import * as charts from "../../kernel/plot/charts/index.ts";
import { figure } from "../../kernel/plot/figure.ts";
import { highContrast, highContrastLight, dark, light, type Palette } from "../../kernel/plot/palette.ts";
import { duration, percent, short } from "../../kernel/plot/number.ts";
import { traceKinds } from "../../kernel/plot/svg/index.ts";
import { matchesFile } from "../matchesFile.ts";
import { gallery } from "./plotGallery.ts";

type Bundle = { [mime: string]: any };
const bundleOf = (value: object): Bundle =>
  (value as { [key: symbol]: () => Bundle })[Symbol.for("Jupyter.display")]!();
const filesIn = (folder: string) =>
  readdirSync(new URL(`../../kernel/plot/${folder}`, import.meta.url))
    .map((file) => file.replace(".ts", ""))
    .filter((name) => name !== "index");

describe("plot: the gallery", () => {
  for (const [name, draw] of Object.entries(gallery)) {
    it(`${name}: the picture is the one that was looked at`, () => {
      const bundle = bundleOf(draw());
      matchesFile(`plots/${name}.svg`, bundle["image/svg+xml"]);
      assert.deepEqual(JSON.parse(JSON.stringify(bundle)), bundle, "a bundle is plain JSON");
    });
  }
  it("every chart has its file in the index and its picture in the gallery", () => {
    assert.deepEqual(Object.keys(charts).sort(), filesIn("charts").sort());
    const shown = new Set(Object.keys(gallery).map((name) => name.split("-")[0]));
    assert.deepEqual(
      Object.keys(charts).filter((name) => !shown.has(name)),
      [],
    );
  });
  it("the index of trace types names each by its own type", () => {
    for (const [name, { type }] of Object.entries(traceKinds)) assert.equal(name, type);
  });
  it("no picture has an id, so that two in one page cannot disturb each other", () => {
    for (const draw of Object.values(gallery)) assert.doesNotMatch(bundleOf(draw())["image/svg+xml"], / id="|url\(#/);
  });
});

describe("plot.figure", () => {
  it("is plain Plotly, with typed arrays, tensors and gaps as JSON", () => {
    const tensor = {
      shape: [2, 2],
      toArray: () => [
        [1, NaN],
        [3, 4],
      ],
    };
    const made = figure(
      [
        { x: Float32Array.of(1, 2), y: [NaN, Infinity] },
        { type: "heatmap", z: tensor },
      ],
      { title: undefined },
    );
    assert.deepEqual(
      { ...made },
      {
        data: [
          { x: [1, 2], y: [null, null] },
          {
            type: "heatmap",
            z: [
              [1, null],
              [3, 4],
            ],
          },
        ],
        layout: {},
      },
    );
    assert.deepEqual(bundleOf(made)["application/vnd.plotly.v1+json"], { data: made.data, layout: made.layout });
  });
  it("one trace need not be in an array", () => assert.equal(figure({ y: [1] }).data.length, 1));
  it("says in words what it shows", () => {
    const words = bundleOf(figure([{ name: "loss", x: [1, 2, 3], y: [4, 2, 0.5] }], { title: "Mine" }))["text/plain"];
    assert.equal(words, "Mine\n  loss: scatter, 3 values from 0.5 to 4, last 0.5");
  });

  const unsupported: [what: string, trace: object, layout: object, said: string][] = [
    ["a trace type", { type: "scatter3d", x: [1], y: [1], z: [1] }, {}, 'trace type "scatter3d"'],
    ["a trace type named like an object's own", { type: "constructor" }, {}, 'trace type "constructor"'],
    ["a fill", { y: [1, 2], fill: "tozerox" }, {}, 'scatter with fill "tozerox"'],
    ["error bars", { y: [1, 2], error_y: { array: [1, 1] } }, {}, "scatter with error bars"],
    ["dates", { x: ["2024-01-01", "2024-01-02"], y: [1, 2] }, {}, "dates on axis x"],
    ["a second axis", { y: [1], yaxis: "y2" }, { yaxis2: { overlaying: "y" } }, "a second axis over another (yaxis2)"],
    ["a shape", { y: [1] }, { shapes: [{ type: "circle" }] }, 'shape "circle"'],
    ["a colour scale", { type: "heatmap", z: [[1]], colorscale: "Nope" }, {}, 'heatmap with colour scale "Nope"'],
    ["a bar mode", { type: "bar", y: [1] }, { barmode: "upside" }, 'barmode "upside"'],
  ];
  for (const [what, trace, layout, said] of unsupported) {
    it(`${what} that the static picture cannot show: no picture, and the words say so`, () => {
      const bundle = bundleOf(figure([trace], layout));
      assert.equal(bundle["image/svg+xml"], undefined);
      assert.ok(bundle["text/plain"].includes(`No static picture: it cannot show ${said}.`), bundle["text/plain"]);
      assert.ok(bundle["application/vnd.plotly.v1+json"]);
    });
  }
  it("a trace that is switched off does not count", () => {
    assert.ok(bundleOf(figure([{ type: "scatter3d", visible: false }, { y: [1, 2] }]))["image/svg+xml"]);
  });

  const refused: [what: string, call: () => unknown, message: RegExp][] = [
    ["no traces", () => figure(undefined as never), /plot\.figure: traces must be an array .* got undefined/],
    ["a trace that is an array", () => figure([[1, 2]]), /trace 0 must be an object .* got an array/],
    ["a layout that is an array", () => figure([], [] as never), /layout must be an object .* got an array/],
    ["a function inside", () => figure([{ y: [1], text: () => 1 }]), /data\[0\]\.text is a function/],
    [
      "an unknown option",
      () => charts.compare({}, { log: true } as never),
      /plot\.compare: unknown option "log"\. Options: title, /,
    ],
    [
      "a run without the metric",
      () => charts.compare({ a: { history: { loss: { step: [], value: [] } } } }, { metric: "acc" }),
      /"a" has no values called "acc"\. It logged: loss\./,
    ],
    ["unequal labels", () => charts.confusionMatrix([1], [1, 2]), /1 labels and 2 predictions/],
    ["scores for classes", () => charts.confusionMatrix([0.5], [1]), /classes are whole numbers from 0, got 0\.5/],
    ["half a bin", () => charts.histogram([1], { bins: 0.5 }), /bins must be a whole number/],
  ];
  for (const [what, call, message] of refused) it(`refuses ${what}`, () => assert.throws(call, message));
  it("text of the user cannot break out of the picture", () => {
    const svg: string = bundleOf(
      figure(
        [
          { y: [1, 2], name: "<script>alert(1)</script>" },
          { y: [1], name: '"&' },
        ],
        { title: "a<b & c" },
      ),
    )["image/svg+xml"];
    assert.doesNotMatch(svg, /<script|<b /);
    assert.match(svg, /&quot;&amp;/);
  });
});

describe("plot: colours", () => {
  const luminance = (hex: string) => {
    const [r, g, b] = [1, 3, 5].map((at) => {
      const c = parseInt(hex.slice(at, at + 2), 16) / 255;
      return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
    return (high + 0.05) / (low + 0.05);
  };
  for (const [name, palette] of Object.entries({ light, dark, highContrast, highContrastLight }) as [
    string,
    Palette,
  ][]) {
    it(`${name}: texts have a contrast of 4.5, lines of 3 (WCAG 2.2, 1.4.3 and 1.4.11)`, () => {
      for (const key of ["text", "muted", "alarm"] as const)
        assert.ok(contrast(palette[key], palette.background) >= 4.5, key);
      for (const color of [...palette.series, palette.update, palette.rate])
        assert.ok(contrast(color, palette.background) >= 3, color);
    });
  }
});

describe("plot: numbers for readers", () => {
  const rows: [got: string, want: string][] = [
    [short(0.08342), "0.0834"],
    [short(12345.67), "12,345.7"],
    [short(3.1e-5), "3.1e-5"],
    [short(-2e7), "−2e7"],
    [short(0), "0"],
    [short(NaN), "NaN"],
    [short(-Infinity), "−∞"],
    [short(null), "–"],
    [percent(0.085), "8.5 %"],
    [percent(0), "0 %"],
    [percent(0.00002), "< 0.01 %"],
    [percent(0.99999), "> 99.99 %"],
    [percent(1), "100 %"],
    [duration(850), "850 ms"],
    [duration(12_340), "12.3 s"],
    [duration(245_000), "4 min 05 s"],
    [duration(7_380_000), "2 h 03 min"],
    [duration(59_990), "1 min 00 s"],
  ];
  for (const [got, want] of rows) it(want, () => assert.equal(got, want));
});
