/** An exported page in a real browser. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { findChromium } from "../../../.ci/chromium.mjs";
import type { Cell } from "../../../kernel/notebook/format.ts";
import { notebookPage } from "../../../kernel/notebook/html/page.ts";

const ATTACK = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>";
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><script>parent.document.title='broken'</script><rect width="40" height="20" fill="#0757b3"/></svg>`;
const cells: Cell[] = [
  {
    cell_type: "markdown",
    metadata: {},
    source: `# Title\n\n${ATTACK}\n\n[link](javascript:document.title='broken') $\\frac{1}{2}$`,
  },
  {
    cell_type: "code",
    metadata: {},
    source: `"${ATTACK}"`,
    execution_count: 1,
    outputs: [
      { output_type: "stream", name: "stdout", text: ATTACK },
      {
        output_type: "display_data",
        metadata: {},
        data: { "text/html": `<b id=inner>bold</b></div></template>${ATTACK}<style>body{display:none}</style>` },
      },
      { output_type: "display_data", metadata: {}, data: { "image/svg+xml": svg, "text/plain": "a rectangle" } },
      { output_type: "error", ename: "E", evalue: ATTACK, traceback: [ATTACK] },
    ],
  },
];

describe("an exported page in a browser", function () {
  this.timeout(60_000);
  let browser: Browser;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "gradbook-"));
    writeFileSync(
      path.join(folder, "page.html"),
      notebookPage({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }, "n.ipynb"),
    );
    browser = await chromium.launch({ executablePath: await findChromium(), args: ["--no-sandbox", "--disable-gpu"] });
  });
  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });
  async function open(colorScheme: "light" | "dark"): Promise<{ page: Page; requests: string[] }> {
    const page = await browser.newPage({ colorScheme });
    const requests: string[] = [];
    // What the policy forbids is asked for and refused; it never finishes.
    page.on("requestfinished", (request) => requests.push(request.url().split(":")[0]!));
    await page.goto(`file://${folder}/page.html`);
    return { page, requests };
  }

  it("runs no script, wherever it stands, and shows what follows it", async () => {
    const { page } = await open("light");
    await page.click("text=link");
    assert.equal(await page.title(), "Title");
    const shown = (text: string) => page.getByText(text, { exact: false }).first().isVisible();
    assert.equal(await page.locator("pre.stdout").textContent(), ATTACK);
    assert.equal(await page.locator(".source code").textContent(), `"${ATTACK}"`);
    assert.equal(await page.locator("pre.error").textContent(), ATTACK);
    assert.equal(await shown("bold"), true, "HTML of an output is shown");
    assert.equal(await page.locator("body").isVisible(), true, "a style of an output stays in it");
  });

  it("loads nothing but itself", async () => {
    const { requests } = await open("light");
    assert.deepEqual(
      requests.filter((scheme) => scheme !== "data"),
      ["file"],
    );
  });

  it("draws pictures and formulas", async () => {
    const { page } = await open("light");
    const size = await page
      .locator(".output img[alt='a rectangle']")
      .evaluate((img: HTMLImageElement) => [img.naturalWidth, img.naturalHeight]);
    assert.deepEqual(size, [40, 20]);
    assert.ok((await page.locator("math mfrac").first().boundingBox())!.height > 15);
  });

  it("is dark on a dark desktop, with text that can be read on both", async () => {
    for (const [scheme, isDark] of [
      ["light", false],
      ["dark", true],
    ] as const) {
      const { page } = await open(scheme);
      const [text, ground] = await page.evaluate(() => {
        const { color, backgroundColor } = getComputedStyle(document.body);
        return [color, backgroundColor].map(
          (value) =>
            value
              .match(/\d+/g)!
              .slice(0, 3)
              .reduce((sum, part) => sum + Number(part), 0) / 3,
        );
      });
      assert.equal(ground! < 60, isDark, scheme);
      assert.ok(Math.abs(text! - ground!) > 150, scheme);
    }
  });
});
