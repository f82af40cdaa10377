/**
 * Draws what is due, at animation frames. What is urgent is drawn at once, the rest in turn, and all of it together
 * takes at most about 40 % of the time, so that many parameters make the figure slower and not the page. What is out
 * of sight waits until it is seen.
 */
export interface Drawable {
  readonly visible: boolean;
  readonly urgent: boolean;
  draw(): void;
}

/** Milliseconds that one frame may draw. */
const BUDGET_MS = 24;
/** Milliseconds of rest for each millisecond of drawing. */
const REST = 1.5;

const due = new Set<Drawable>();
let asked = false;
let restUntilMs = 0;

export function drawSoon(drawable: Drawable): void {
  // Once in the queue it keeps its place: what waits longest comes first.
  due.add(drawable);
  ask();
}

export function forget(drawable: Drawable): void {
  due.delete(drawable);
}

/** Whether something in sight waits to be drawn. */
export function isDrawing(): boolean {
  return [...due].some(({ visible }) => visible);
}

function ask(): void {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    const began = performance.now();
    for (const drawable of due) if (drawable.urgent && drawable.visible) drawNow(drawable);
    if (began >= restUntilMs) {
      for (const drawable of due) {
        if (performance.now() - began > BUDGET_MS) break;
        if (drawable.visible) drawNow(drawable);
      }
      const now = performance.now();
      restUntilMs = now + REST * (now - began);
    }
    if (isDrawing()) ask();
  });
}

function drawNow(drawable: Drawable): void {
  due.delete(drawable);
  drawable.draw();
}
