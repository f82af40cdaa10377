/** A mocha suite with a Chromium of its own, and what its tests ask of a mounted figure. */
import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { LIVE_MIME, type LiveDelta, type LiveState } from "../../kernel/plot/live/state.ts";
import { liveState, noise } from "../kernel/plotFixtures.ts";
import { launch, openNotebook, type Notebook } from "./page.ts";

type Options = Parameters<typeof openNotebook>[1];

export interface InChromium {
  /** An empty notebook; closed after the test, which fails when the page had an error or broke its policy. */
  notebook(options?: Options): Promise<Notebook>;
  /** A notebook with one live figure, drawn. */
  mounted(state: LiveState, options?: Options): Promise<Notebook>;
}

export function inChromium(title: string, tests: (chromium: InChromium) => void): void {
  describe(title, function () {
    this.timeout(60_000);
    let browser: Browser;
    let open: Notebook[] = [];
    before(async () => {
      browser = await launch();
    });
    after(() => browser.close());
    afterEach(async () => {
      const problems = open.flatMap((notebook) => notebook.problems);
      for (const notebook of open) await notebook.page.close();
      open = [];
      assert.deepEqual(problems, [], "no error in the page, and the policy without eval was never violated");
    });
    async function notebook(options?: Options): Promise<Notebook> {
      const opened = await openNotebook(browser, options);
      open.push(opened);
      return opened;
    }
    tests({
      notebook,
      async mounted(state, options) {
        const opened = await notebook(options);
        await opened.render({ id: "item", mime: LIVE_MIME, data: state });
        await opened.settled();
        return opened;
      },
    });
  });
}

export const running = (options: Parameters<typeof liveState>[0] = {}): LiveState => ({
  ...liveState(options),
  running: true,
});
export const probe = ({ page }: Notebook, id = "live-fixture"): Promise<any> =>
  page.evaluate((id) => ({ ...(window as any).__gradbook.figures[id] }), id);
export const text = ({ page }: Notebook, selector: string): Promise<string> =>
  page.evaluate((s) => document.querySelector(s)!.textContent!, selector);
export const count = ({ page }: Notebook, selector: string): Promise<number> =>
  page.evaluate((s) => document.querySelectorAll(s).length, selector);

/** The delta after `state`: one step, observed. */
export function nextDelta(state: LiveState, { loss = 2 / (1 + state.seq / 50), running = true } = {}): LiveDelta {
  const random = noise(state.seq);
  const step = state.seq + 1;
  const fan = (m: number): [number, number, number, number, number, number, number] => [
    m / 9,
    m / 3,
    m * (1 + random()),
    m * 3,
    m * 9,
    0.0123,
    0,
  ];
  return {
    seq: step,
    elapsedMs: step * 100,
    running,
    points: { loss: { step: [step], value: [loss] } },
    observations: [{ step, parameters: state.parameters.map(() => [fan(1e-4), fan(1e-2)]) }],
  };
}
