import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { launch } from "./page.ts";

const folder = new URL("../golden/plots/", import.meta.url);

/** Runs in the page: what is wrong with an SVG as a browser draws it. */
function faults(svg: string): string[] {
  const parsed = new DOMParser().parseFromString(svg, "image/svg+xml");
  const error = parsed.querySelector("parsererror");
  if (error) return [`not well-formed: ${error.textContent}`];
  document.body.innerHTML = svg;
  const root = document.querySelector("svg")!;
  const page = root.getBoundingClientRect();
  const found: string[] = [];
  if (root.getAttribute("role") !== "img" || !root.getAttribute("aria-label"))
    found.push("says nothing to a screen reader");
  type Point = { x: number; y: number };
  const texts = [...root.querySelectorAll("text")].map((element) => {
    const { x, y, width, height } = element.getBBox();
    // The box of a line of text is higher than its letters.
    const spare = height * 0.15;
    const at = (x: number, y: number): Point => new DOMPoint(x, y).matrixTransform(element.getScreenCTM()!);
    const [top, bottom] = [y + spare, y + height - spare];
    const corners = [at(x, top), at(x + width, top), at(x + width, bottom), at(x, bottom)];
    return { said: element.textContent!, corners };
  });
  /** Two convex shapes are apart when a line along one of their sides separates them. */
  const apart = (a: Point[], b: Point[]) =>
    [a, b].some((shape) =>
      shape.some((p, i) => {
        const q = shape[(i + 1) % shape.length]!;
        const along = (r: Point) => (q.y - p.y) * (r.x - p.x) - (q.x - p.x) * (r.y - p.y);
        const [as, bs] = [a.map(along), b.map(along)];
        return Math.max(...as) <= Math.min(...bs) + 0.5 || Math.max(...bs) <= Math.min(...as) + 0.5;
      }),
    );
  texts.forEach((a, i) => {
    const outside = a.corners.some(
      ({ x, y }) => x < page.left - 0.5 || x > page.right + 0.5 || y < page.top || y > page.bottom,
    );
    if (a.said && outside) found.push(`"${a.said}" leaves the picture`);
    for (const b of texts.slice(i + 1))
      if (!apart(a.corners, b.corners)) found.push(`"${a.said}" and "${b.said}" overlap`);
  });
  return found;
}

describe("static pictures in a browser", () => {
  let browser: Browser;
  let page: Page;
  before(async () => {
    browser = await launch();
    page = await browser.newPage();
  });
  after(() => browser.close());

  for (const file of readdirSync(folder)) {
    it(`${file}: well-formed, no text over another, none outside`, async () => {
      assert.deepEqual(await page.evaluate(faults, readFileSync(new URL(file, folder), "utf8")), []);
    });
  }
  it("the check itself sees two texts in one place, and a broken file", async () => {
    const text = '<text x="5" y="20">one</text>';
    const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="99" height="40" role="img" aria-label="x">${text}${text}</svg>`;
    assert.deepEqual(await page.evaluate(faults, picture), ['"one" and "one" overlap']);
    assert.match((await page.evaluate(faults, "<svg><text></svg>"))[0]!, /^not well-formed/);
  });
});
