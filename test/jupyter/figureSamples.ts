/** Watches what a cell of JupyterLab shows, at every frame that the browser draws. */
import type { Page } from "playwright-core";
import type { LabNotebook } from "./labNotebook.ts";

export interface Samples {
  /** States of the kernel that were drawn, in order. */
  seqs: number[];
  /** Frames without a picture, after the first picture. */
  blank: number;
  /** Heights of the output, in pixels, from the first point that was drawn. */
  heights: number[];
  /** Elements that were the figure: one, moved from place to place. */
  roots: number;
  /** How often the page's scroll position changed by itself. */
  scrolled: number;
}

/** Starts to watch the first live figure of a cell. The result stops it and tells. */
export async function watchFigure(notebook: LabNotebook, index: number): Promise<() => Promise<Samples>> {
  const { page } = notebook;
  await page.evaluate((at) => {
    const samples = { seqs: [] as number[], blank: 0, heights: [] as number[], scrolled: 0, roots: new Set<Element>() };
    const watch = ((window as any).gradbookWatch = { samples, ended: false });
    let top: number | undefined;
    // What the cell's last run has left goes first.
    const left = new Set(document.querySelectorAll(".gb-live"));
    const look = (): void => {
      if (watch.ended) return;
      requestAnimationFrame(look);
      const cell = document.querySelector(`.jp-Notebook .jp-Cell[data-windowed-list-index="${at}"]`);
      const output = cell?.querySelector(".jp-OutputArea");
      const figure = output?.querySelector<HTMLElement>(".gb-live");
      if (figure && left.has(figure)) return;
      if (samples.roots.size > 0 && !figure?.querySelector("svg")) samples.blank++;
      if (!output || !figure?.querySelector("svg")) return;
      const seq = Number(figure.dataset["seq"]);
      if (seq === 0) return;
      samples.roots.add(figure);
      if (samples.seqs.at(-1) !== seq) samples.seqs.push(seq);
      const height = Math.round(output.getBoundingClientRect().height);
      if (samples.heights.at(-1) !== height) samples.heights.push(height);
      const now = document.querySelector(".jp-WindowedPanel-outer")!.scrollTop;
      if (top !== undefined && top !== now) samples.scrolled++;
      top = now;
    };
    look();
  }, index);
  return () =>
    page.evaluate(() => {
      const watch = (window as any).gradbookWatch;
      watch.ended = true;
      return { ...watch.samples, roots: watch.samples.roots.size as number } as Samples;
    });
}

/** What the server lets through to a page: the most characters and the most messages in any three seconds. */
export function watchTraffic(page: Page): () => { size: number; messages: number } {
  const received: { ms: number; size: number }[] = [];
  page.on("websocket", (socket) =>
    socket.on("framereceived", ({ payload }) => received.push({ ms: performance.now(), size: payload.length })),
  );
  return () => {
    const spans = received.map(({ ms }) => received.filter((each) => each.ms >= ms && each.ms < ms + 3000));
    return {
      size: Math.max(0, ...spans.map((span) => span.reduce((sum, { size }) => sum + size, 0))),
      messages: Math.max(0, ...spans.map(({ length }) => length)),
    };
  };
}
