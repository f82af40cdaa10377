/**
 * Waits that need no watching. A wait that an interrupt can end costs thirty times one of the language's own, and in
 * `for (…) sum += await next()` over what is there already nothing is ever waited for. So an `await` whose promises have
 * settled hundreds of times within one turn of the event loop is left to the language for some of its next times, until
 * the turn is over; every so often it is looked whether the user wants something.
 */
import type { AwaitSite } from "../language/transform.ts";

/** So many waits in a row must have ended within their turn. */
const AT_ONCE = 256;
const MOST = 1 << 14;
export const WAITS_PER_LOOK = 64;
/** Where so many take longer, each is looked at. */
export const LOOK_WITHIN_MS = 5;

interface Watched {
  streak: number;
  quick: number;
}

export class QuickWaits {
  private current = 0;
  private armed = false;
  private readonly watched = new WeakMap<AwaitSite, Watched>();
  /** Sites that are quick in this turn. */
  private readonly sites = new Set<AwaitSite>();
  private readonly setImmediate = globalThis.setImmediate;

  /** Number of the turn of the event loop; asked when a wait begins. */
  turn(): number {
    if (!this.armed) {
      this.armed = true;
      this.setImmediate(() => this.next());
    }
    return this.current;
  }

  /** A wait has ended that began in `turn`. */
  ended(site: AwaitSite, turn: number): void {
    let watched = this.watched.get(site);
    if (!watched) this.watched.set(site, (watched = { streak: 0, quick: AT_ONCE }));
    if (turn !== this.current) {
      watched.streak = 0;
      watched.quick = AT_ONCE;
      return;
    }
    if (++watched.streak < AT_ONCE) return;
    site.looks = watched.quick / WAITS_PER_LOOK;
    watched.quick = Math.min(2 * watched.quick, MOST);
    this.sites.add(site);
  }

  private next(): void {
    this.current++;
    this.armed = false;
    for (const site of this.sites) site.quick = site.looks = 0;
    this.sites.clear();
  }
}
