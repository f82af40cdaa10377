/**
 * Draws live figures in Jupyter front ends. The kernel puts this script before the data of every frame, see
 * kernel/plot/live/pageFigures.ts; what is drawn is moved into the place that a new frame brings, so that nothing flickers.
 */
import { PAGE_GLOBAL } from "../../kernel/plot/live/pageFigures.ts";
import type { LiveState } from "../../kernel/plot/live/state.ts";
import { View } from "./view.ts";

const figures = new Map<string, View[]>();

function show(state: LiveState): void {
  for (const [id, views] of figures) if (!views.some(({ root }) => root.isConnected)) forget(id, state.id);
  const views = figures.get(state.id) ?? [];
  figures.set(state.id, views);
  // The same output may be shown several times.
  const mounts = document.querySelectorAll<HTMLElement>(`[data-gradbook-live="${CSS.escape(state.id)}"]`);
  for (const mount of mounts) {
    if (views.some(({ root }) => root.parentNode === mount)) continue;
    let free = views.find(({ root }) => !root.isConnected);
    if (!free) views.push((free = new View(state)));
    free.moveTo(mount);
  }
  for (const view of views) view.show(state);
}

function forget(id: string, shown: string): void {
  // The place of the figure that is shown now was just replaced.
  if (id === shown) return;
  for (const view of figures.get(id)!) view.dispose();
  figures.delete(id);
}

(globalThis as { [PAGE_GLOBAL]?: typeof show })[PAGE_GLOBAL] = show;
