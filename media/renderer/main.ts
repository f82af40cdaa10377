/**
 * The notebook renderer, of figures and of widgets. A live figure is drawn from the state in its output, then asks the extension for the newest
 * one and follows its deltas. When VS Code replaces the output, the same figure moves into the new place: nothing is
 * built twice, and nothing flickers.
 */
import type { ActivationFunction, OutputItem } from "vscode-notebook-renderer";
import { LIVE_MIME, type LiveDelta, type LiveState } from "../../kernel/plot/live/state.ts";
import { WIDGET_MIME, type SavedWidget, type ToWidgetRenderer } from "../../kernel/widgets/state.ts";
import type { PlotlyFigure } from "../../kernel/plot/plotly.ts";
import { make } from "./elements.ts";
import { LiveFigure, type Probe } from "./liveFigure.ts";
import { PlotlyView } from "./plotlyFigure.ts";
import { isDrawing } from "./scheduler.ts";
import { installStyle } from "./style.ts";
import { onThemeChange } from "./theme.ts";
import { Widgets } from "./widgets/widgets.ts";

declare global {
  interface Window {
    /** For tests: what is drawn. */
    __gradbook?: { figures: { [id: string]: Probe }; isDrawing(): boolean };
  }
}

type FromExtension =
  { type: "state"; id: string; state: LiveState } | { type: "delta"; id: string; delta: LiveDelta } | ToWidgetRenderer;

/** A live figure in one place. */
interface Placed {
  figure: LiveFigure;
  /** Id of the output item that it stands for; undefined while it waits to be placed again. */
  item: string | undefined;
}

/** Figures without a place that are kept, in case their output comes back. */
const MOST_WAITING = 8;

export const activate: ActivationFunction = (context) => {
  installStyle();
  const post = context.postMessage ? (message: unknown) => context.postMessage!(message) : undefined;
  const live = new Map<string, Placed[]>();
  const widgets = new Widgets(post);
  const plots = new Map<string, PlotlyView>();
  const probes: { [id: string]: Probe } = {};
  window.__gradbook = { figures: probes, isDrawing };

  onThemeChange(() => {
    for (const placed of live.values()) for (const { figure } of placed) figure.themeChanged();
    for (const plot of plots.values()) plot.themeChanged();
  });

  context.onDidReceiveMessage?.((message: FromExtension) => {
    if (message.type === "widget") return widgets.receive(message);
    for (const { figure } of live.get(message.id) ?? []) {
      if (message.type === "state") figure.setState(message.state, { live: true });
      else if (message.type === "delta" && !figure.apply(message.delta)) post?.({ type: "mount", id: message.id });
    }
  });

  function renderLive(item: OutputItem, element: HTMLElement): void {
    const state = item.json() as LiveState;
    if (state?.version !== 1)
      throw new Error(`This figure was saved by a newer Gradbook (format ${String(state?.version)}).`);
    const all = live.get(state.id) ?? [];
    live.set(state.id, all);
    let placed = all.find(
      ({ figure, item: of }) => of === undefined || of === item.id || isReplacedBy(figure.root, element),
    );
    if (placed) {
      placed.figure.setState(state, { live: false });
    } else {
      placed = { figure: new LiveFigure(state, post), item: item.id };
      all.push(placed);
      probes[state.id] = placed.figure.probe;
    }
    placed.item = item.id;
    element.replaceChildren(placed.figure.root);
    placed.figure.moved();
    post?.({ type: "mount", id: state.id });
  }

  async function renderPlotly(item: OutputItem, element: HTMLElement): Promise<void> {
    plots.get(item.id)?.dispose();
    const plot = new PlotlyView(item.json() as PlotlyFigure, post);
    plots.set(item.id, plot);
    element.replaceChildren(plot.root);
    await plot.mounted();
  }

  return {
    async renderOutputItem(item, element) {
      try {
        if (item.mime === LIVE_MIME) renderLive(item, element);
        else if (item.mime === WIDGET_MIME) widgets.render(item.id, item.json() as SavedWidget, element);
        else await renderPlotly(item, element);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const what = item.mime === WIDGET_MIME ? "widget" : "figure";
        element.replaceChildren(make("div", "gb-problem", `The ${what} cannot be drawn: ${reason}`));
      }
    },
    disposeOutputItem(id) {
      widgets.dispose(id);
      for (const [key, plot] of plots) {
        if (id !== undefined && key !== id) continue;
        plot.dispose();
        plots.delete(key);
      }
      for (const placed of [...live.values()].flat())
        if (id === undefined || placed.item === id) placed.item = undefined;
      dropOldest(live, probes);
    },
  };
};

/** Whether an output in `element` takes the place of the one around `root`: gone already, or in the same container. */
function isReplacedBy(root: HTMLElement, element: HTMLElement): boolean {
  if (!root.isConnected || element.contains(root)) return true;
  const container = root.closest(".output_container");
  return container !== null && container === element.closest(".output_container");
}

function dropOldest(live: Map<string, Placed[]>, probes: { [id: string]: Probe }): void {
  const waiting = [...live].flatMap(([id, all]) =>
    all.filter(({ item }) => item === undefined).map((placed) => ({ id, all, placed })),
  );
  for (const { id, all, placed } of waiting.slice(0, Math.max(0, waiting.length - MOST_WAITING))) {
    placed.figure.dispose();
    placed.figure.root.remove();
    all.splice(all.indexOf(placed), 1);
    if (all.length === 0) {
      live.delete(id);
      delete probes[id];
    }
  }
}
