/**
 * The live figure: loss and logged values on top, below them one row for each parameter with the fans of its step size
 * and of its effective learning rate. Built once; deltas change data, text and ranges in place.
 */
import { leftOutText, liveChart } from "../../kernel/plot/live/chart.ts";
import { liveCsv } from "../../kernel/plot/live/csv.ts";
import type { Fan } from "../../kernel/plot/live/fan.ts";
import { applyDelta, follows, type LiveDelta, type LiveState } from "../../kernel/plot/live/state.ts";
import { liveSummary, nonFiniteText, stepCount } from "../../kernel/plot/live/summary.ts";
import { curveTraces, fanTraces, isLoss, smoothingWindow } from "../../kernel/plot/live/traces.ts";
import { duration, grouped, roundTo, shapeText } from "../../kernel/plot/number.ts";
import { faded, type Palette } from "../../kernel/plot/palette.ts";
import type { Layout, Trace } from "../../kernel/plot/plotly.ts";
import { axis, stepAxis, theme } from "../../kernel/plot/sheet.ts";
import { staticSvg } from "../../kernel/plot/svg.ts";
import { LiveText, make, makeButton } from "./elements.ts";
import { Panel } from "./panel.ts";
import { fileName, savePng, saveText, type Post } from "./save.ts";
import { upperStep } from "./steps.ts";
import { currentPalette } from "./theme.ts";
import { linearAxis, logAxis, spanOfCurves, spanOfFan } from "./valueAxis.ts";

/** Rows shown before the user asks for all. */
const FIRST_ROWS = 12;

/** What an end-to-end test can read to see the figure move. */
export interface Probe {
  /** Points of the loss in the graph as last drawn. */
  points: number;
  seq: number;
  /** Times that any panel was drawn. */
  drawn: number;
  /** Times that the figure's elements were built. */
  rebuilt: number;
}

interface Row {
  index: number;
  root: HTMLElement;
  panels: Panel[];
  left: { text: LiveText; element: HTMLElement; fan: () => Fan }[];
}

export class LiveFigure {
  readonly root = make("section", "gb-figure");
  readonly probe: Probe = { points: 0, seq: 0, drawn: 0, rebuilt: 0 };
  #state: LiveState;
  #post: Post;
  #palette: Palette = currentPalette();
  #yScale: "linear" | "log";
  #zoom: [number, number] | undefined;
  /** Whether a kernel was heard of since the figure was mounted. */
  #connected = false;

  readonly #status = new LiveText();
  readonly #alarm = new LiveText();
  readonly #summary = make("p", "gb-hidden");
  readonly #logButton: HTMLButtonElement;
  readonly #zoomButton: HTMLButtonElement;
  readonly #legend = make("div", "gb-legend");
  readonly #keys = make("div", "gb-keys gb-what");
  readonly #loss: Panel;
  readonly #metricsRoot = make("div", "gb-metrics");
  readonly #metrics = new Map<string, Panel>();
  readonly #rowsRoot = make("div", "gb-rows");
  readonly #rows: Row[] = [];
  readonly #more: HTMLButtonElement;
  #legendOf = "";

  constructor(state: LiveState, post: Post) {
    this.#state = state;
    this.#post = post;
    this.#yScale = state.yScale;
    this.probe.rebuilt++;

    this.#logButton = makeButton("Log scale", "Logarithmic scale of the loss", () => this.#switchScale());
    this.#zoomButton = makeButton("All steps", "Show all steps again", () => this.#setZoom(undefined));
    this.#zoomButton.hidden = true;
    const tools = make(
      "div",
      "gb-tools",
      this.#zoomButton,
      this.#logButton,
      makeButton("PNG", "Save the figure as PNG", () => this.#savePicture("png")),
      makeButton("SVG", "Save the figure as SVG", () => this.#savePicture("svg")),
      makeButton("CSV", "Save the values as CSV", () =>
        saveText(this.#post, this.#fileName("csv"), "text/csv", liveCsv(this.#state)),
      ),
    );
    const alarm = make("div", "gb-alarm", this.#alarm.node);
    alarm.setAttribute("role", "alert");
    this.#loss = this.#panel(
      "gb-loss",
      "loss over the steps",
      () => this.#lossContent(),
      () => this.#lossLayout(),
    );
    this.#more = makeButton("", "Show the rows of all parameters", () => this.#addRows(this.#state.parameters.length));
    this.#more.classList.add("gb-more");
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", `Live figure: ${state.title}`);
    this.root.append(
      make(
        "div",
        "gb-head",
        make("span", "gb-title", state.title),
        make("span", "gb-status", this.#status.node),
        tools,
      ),
      alarm,
      this.#legend,
      this.#loss.root,
      this.#metricsRoot,
      ...(state.parameters.length > 0 ? [this.#keys, this.#heads(), this.#rowsRoot, this.#more] : []),
      this.#summary,
    );
    this.#addRows(Math.min(FIRST_ROWS, state.parameters.length));
    this.#changed();
  }

  get state(): LiveState {
    return this.#state;
  }

  /** The whole state, from the output or from the extension; older than what is shown changes nothing. */
  setState(state: LiveState, { live }: { live: boolean }): void {
    const connects = live && !this.#connected;
    if (live) this.#connected = true;
    if (state.seq < this.#state.seq) return;
    const same = !connects && state.seq === this.#state.seq && state.running === this.#state.running;
    this.#state = state;
    if (same) this.#writeStatus();
    else this.#changed();
  }

  /** @returns false when deltas are missing before this one: the whole state is needed. */
  apply(delta: LiveDelta): boolean {
    this.#connected = true;
    if (follows(this.#state, delta) === "gap") return false;
    this.#state = applyDelta(this.#state, delta);
    this.#changed();
    return true;
  }

  themeChanged(): void {
    this.#palette = currentPalette();
    this.#legendOf = "";
    this.#writeLegend();
    for (const panel of this.#panels()) panel.restyled();
  }

  /** Draws everything that is due as soon as it is seen; after the figure was put into another place. */
  moved(): void {
    for (const panel of this.#panels()) panel.changed();
  }

  dispose(): void {
    for (const panel of this.#panels()) panel.dispose();
  }

  *#panels(): Iterable<Panel> {
    yield this.#loss;
    yield* this.#metrics.values();
    for (const { panels } of this.#rows) yield* panels;
  }

  #changed(): void {
    this.probe.seq = this.#state.seq;
    this.#addMetrics();
    this.#writeStatus();
    this.#writeLegend();
    for (const { left } of this.#rows) {
      for (const { text, element, fan } of left) {
        text.set(leftOutText(fan()));
        element.classList.toggle("gb-wrong", (fan().nonFinite.at(-1) ?? 0) > 0);
      }
    }
    for (const panel of this.#panels()) panel.changed();
    if (!this.#state.running) this.#summary.textContent = liveSummary(this.#state);
  }

  #writeStatus(): void {
    const { elapsedMs, running } = this.#state;
    const steps = stepCount(this.#state);
    const rate = elapsedMs > 500 ? `, ${grouped(roundTo(steps / (elapsedMs / 1000), 2))} steps/s` : "";
    const count = `${grouped(steps)} ${steps === 1 ? "step" : "steps"}`;
    if (!running) this.#status.set(`${count} in ${duration(elapsedMs)}${rate}`);
    else if (this.#connected) this.#status.set(steps === 0 ? "waiting for the first step" : `${count}${rate}, running`);
    else this.#status.set(`${count}, as saved while it was running`);
    const wrong = Object.entries(this.#state.curves).filter(([, { nonFinite }]) => nonFinite.count > 0);
    this.#alarm.set(
      wrong.map(([name, { nonFinite }]) => nonFiniteText(name, nonFinite.count, nonFinite.first[0]!)).join("; "),
    );
    const negative = this.#losses().some((name) => (this.#state.curves[name]!.min?.value ?? 1) <= 0);
    this.#logButton.disabled = negative && this.#yScale === "linear";
    this.#logButton.title = negative ? "The loss has values that are not above zero" : "Logarithmic scale of the loss";
    this.#logButton.setAttribute("aria-pressed", String(this.#yScale === "log"));
  }

  // Loss

  #losses(): string[] {
    return Object.keys(this.#state.curves).filter(isLoss);
  }

  #lossContent() {
    const { series } = this.#palette;
    const traces = this.#losses().flatMap((name, i) =>
      curveTraces(name, this.#state.curves[name]!, series[i % series.length]!, this.#palette),
    );
    return { traces, ranges: { ...this.#stepRange(), ...this.#lossRange() } };
  }

  #lossLayout(): Layout {
    return this.#layout(
      { title: { text: "step", standoff: 8, font: { size: 12 } } },
      { type: this.#yScale, title: { text: "loss", standoff: 6, font: { size: 12 } } },
      { l: 58, r: 18, t: 6, b: 40 },
    );
  }

  #lossRange(): Layout {
    const span = spanOfCurves(
      this.#losses().map((name) => this.#state.curves[name]!),
      this.#zoom,
    );
    return this.#yScale === "log" ? logAxis(span, this.#loss.root.clientHeight - 46) : linearAxis(span);
  }

  #writeLegend(): void {
    const names = this.#losses();
    const { smoothing } = this.#state;
    const key = JSON.stringify([names, smoothing]);
    if (key === this.#legendOf) return;
    this.#legendOf = key;
    const { series } = this.#palette;
    const line = (color: string, label: string) => {
      const sample = make("span", "gb-line");
      sample.style.borderColor = color;
      return make("span", "gb-key", sample, label);
    };
    const { raw, bands } = this.#palette;
    this.#legend.replaceChildren(
      ...names.flatMap((name, i) => {
        const color = series[i % series.length]!;
        if (name !== "loss" || smoothing === 0) return [line(color, name)];
        return [line(faded(color, raw), name), line(color, `mean of ≈ ${smoothingWindow(smoothing)} steps`)];
      }),
    );
    const sample = (className: string, opacity: number, label: string) => {
      const key = make("span", className);
      key.style.opacity = String(opacity);
      return make("span", "gb-key", key, label);
    };
    this.#keys.replaceChildren(
      sample("gb-line", 1, "median"),
      // The inner band lies over the outer one.
      sample("gb-band", bands[0] + bands[1] * (1 - bands[0]), "25–75 %"),
      sample("gb-band", bands[0], "5–95 % of the elements of each parameter"),
    );
  }

  #switchScale(): void {
    this.#yScale = this.#yScale === "log" ? "linear" : "log";
    this.#writeStatus();
    this.#loss.restyled();
  }

  // Other logged values: one panel each

  #addMetrics(): void {
    for (const name of Object.keys(this.#state.curves)) {
      if (isLoss(name) || this.#metrics.has(name)) continue;
      const place = this.#metrics.size + 2;
      const traces = () =>
        curveTraces(
          name,
          this.#state.curves[name]!,
          this.#palette.series[place % this.#palette.series.length]!,
          this.#palette,
        );
      const panel = this.#panel(
        "gb-graph",
        `${name} over the steps`,
        () => ({
          traces: traces(),
          ranges: { ...this.#stepRange(), ...linearAxis(spanOfCurves([this.#state.curves[name]!], this.#zoom)) },
        }),
        () => this.#layout({}, {}, { l: 58, r: 18, t: 6, b: 22 }),
      );
      this.#metrics.set(name, panel);
      this.#metricsRoot.append(make("div", "gb-metric", make("div", "gb-caption", name), panel.root));
    }
  }

  // Parameters

  #heads(): HTMLElement {
    const rate = this.#state.parameters.some((parameter) => parameter.rate !== null);
    return make(
      "div",
      "gb-heads",
      make("div", "", make("b", "", "parameter")),
      make("div", "", make("b", "", "step size |Δθ|")),
      make("div", "", ...(rate ? [make("b", "", "effective learning rate")] : [])),
    );
  }

  #addRows(count: number): void {
    const added = this.#state.parameters
      .slice(this.#rows.length, count)
      .map((_, i) => this.#row(this.#rows.length + i));
    this.#rows.push(...added);
    this.#rowsRoot.append(...added.map(({ root }) => root));
    const hidden = this.#state.parameters.length - this.#rows.length;
    this.#more.hidden = hidden === 0;
    this.#more.textContent = `Show all ${grouped(this.#state.parameters.length)} parameters`;
    if (added.length > 0) this.#changed();
  }

  #row(index: number): Row {
    const { name, shape, rate } = this.#state.parameters[index]!;
    const row: Row = { index, root: make("div", "gb-row"), panels: [], left: [] };
    const cell = (quantity: string, fan: () => Fan, color: () => string) => {
      const traces = () => fanTraces(this.#state.observed.step, fan(), color(), quantity, this.#palette);
      const panel: Panel = this.#panel(
        "gb-fan",
        `${quantity} of ${name}`,
        () => ({
          traces: traces(),
          ranges: {
            ...this.#stepRange(),
            ...logAxis(spanOfFan(fan(), this.#state.observed.step, this.#zoom), panel.root.clientHeight - 22),
          },
        }),
        () => this.#layout({ nticks: 5 }, { type: "log", nticks: 4 }, { l: 46, r: 16, t: 2, b: 20 }, 10),
      );
      const text = new LiveText();
      const left = make("span", "gb-left", text.node);
      left.title =
        "Share of the elements that the fan does not show: they never had a gradient or did not move in this step";
      row.panels.push(panel);
      row.left.push({ text, element: left, fan });
      return make("div", "gb-cell", left, panel.root);
    };
    const shapeLabel = make("span", "gb-shape", shapeText(shape));
    row.root.append(
      make("div", "gb-name", make("b", "", name), shapeLabel),
      cell(
        "|Δθ|",
        () => this.#state.parameters[index]!.update,
        () => this.#palette.update,
      ),
    );
    if (rate) {
      row.root.append(
        cell(
          "effective learning rate",
          () => this.#state.parameters[index]!.rate!,
          () => this.#palette.rate,
        ),
      );
    }
    return row;
  }

  // All panels

  #panel(
    className: string,
    label: string,
    content: () => { traces: readonly Trace[]; ranges: Layout },
    layout: () => Layout,
  ): Panel {
    return new Panel({
      className,
      label,
      content,
      layout,
      urgent: className === "gb-loss",
      onZoom: (range) => this.#setZoom(range),
      onDrawn: () => {
        this.probe.drawn++;
        this.probe.points = this.#state.curves["loss"]?.count ?? stepCount(this.#state);
      },
    });
  }

  #layout(xaxis: Layout, yaxis: Layout, margin: Layout, fontSize = 11): Layout {
    const look = axis(this.#palette);
    const tickfont = { size: fontSize, color: this.#palette.muted };
    return {
      ...theme(this.#palette),
      paper_bgcolor: "rgba(0,0,0,0)",
      margin: { ...margin, pad: 0 },
      showlegend: false,
      dragmode: "zoom",
      xaxis: {
        ...stepAxis(this.#palette),
        tickfont,
        hoverformat: ",~r",
        unifiedhovertitle: { text: "step %{x}" },
        ...xaxis,
      },
      yaxis: { ...look, tickfont, fixedrange: true, ...yaxis },
      width: undefined,
      height: undefined,
      autosize: true,
    };
  }

  #stepRange(): Layout {
    return { "xaxis.range": this.#zoom ?? this.#allSteps() };
  }

  /** While it runs the axis ends a little ahead and grows in strides, so that ticks do not crawl at every frame. */
  #allSteps(): [number, number] {
    let [low, high] = [Infinity, -Infinity];
    for (const { step, last } of Object.values(this.#state.curves)) {
      for (const at of [step[0], step.at(-1), last?.step]) {
        if (at === undefined) continue;
        low = Math.min(low, at);
        high = Math.max(high, at);
      }
    }
    if (low > high) return [0, 10];
    if (low === high) return [low - 0.5, low + 0.5];
    return [low, this.#state.running && this.#connected ? upperStep(low, high) : high];
  }

  #setZoom(range: [number, number] | undefined): void {
    this.#zoom = range;
    this.#zoomButton.hidden = range === undefined;
    for (const panel of this.#panels()) panel.changed();
  }

  // Saving

  #fileName(extension: string): string {
    return fileName(this.#state.title, extension);
  }

  #savePicture(kind: "png" | "svg"): void {
    const chart = liveChart(this.#state, {
      yScale: this.#yScale,
      parameters: Math.max(1, this.#rows.length),
      ...(this.#zoom ? { steps: this.#zoom } : {}),
    });
    const picture = staticSvg(chart);
    if ("reason" in picture) throw new Error(`the figure cannot be saved: ${picture.reason}`);
    if (kind === "svg") saveText(this.#post, this.#fileName("svg"), "image/svg+xml", picture.svg);
    else void savePng(this.#post, this.#fileName("png"), picture.svg);
  }
}
