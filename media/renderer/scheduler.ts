/**
 * Draws what is due, at the next animation frame. A frame that has used its time leaves the rest for the next one, and
 * what is out of sight waits until it is seen, so that many parameters do not make the page stutter.
 */
export interface Drawable {
  readonly visible: boolean;
  draw(): void;
}

const BUDGET_MS = 24;

const due = new Set<Drawable>();
let asked = false;

export function drawSoon(drawable: Drawable): void {
  // Taken out and put in again: what was drawn longest ago comes first.
  if (!due.has(drawable)) due.add(drawable);
  ask();
}

export function forget(drawable: Drawable): void {
  due.delete(drawable);
}

function ask(): void {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    const began = performance.now();
    for (const drawable of due) {
      if (!drawable.visible) continue;
      if (performance.now() - began > BUDGET_MS) break;
      due.delete(drawable);
      drawable.draw();
    }
    if ([...due].some(({ visible }) => visible)) ask();
  });
}
