/** What a process printed at the end: a crash says at its start what it is, and goes on for pages. */
export class LastWords {
  private start = "";
  private end = "";
  private at = 0;

  /** `now` in ms; what comes after a pause begins anew. */
  add(text: string, now: number): void {
    if (now - this.at > PAUSE_MS) this.start = this.end = "";
    this.at = now;
    const room = MOST - this.start.length;
    this.start += text.slice(0, room);
    this.end = (this.end + text.slice(room)).slice(-MOST);
  }

  get text(): string {
    const between = this.end.length === MOST ? "\n…\n" : "";
    return `${this.start}${between}${this.end}`.trim();
  }
}

const PAUSE_MS = 2000;
const MOST = 2000;
