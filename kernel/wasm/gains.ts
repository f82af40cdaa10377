/**
 * Whether more threads help, as it turned out: for each kernel and size, the time alone and shared, in each case for one
 * estimated nanosecond, as a running mean. Another program that wants the processors makes sharing slower than working
 * alone; then it is off, and tried again now and then.
 */
export class Gains {
  private readonly known: (Gain | undefined)[] = [];

  of(kernel: number, nanoseconds: number): Gain {
    const sizeClass = Math.min(15, Math.max(0, Math.floor(Math.log2(nanoseconds / 100_000))));
    return (this.known[kernel * 16 + sizeClass] ??= new Gain());
  }
}

/** Below this gain a job is not shared. */
const leastGain = 1.1;
/** How much the newest time counts. */
const weight = 0.3;
/** While sharing helps, one job in so many is done alone, to see how long that takes now. */
const period = 64;
/** A trial is so many jobs, of which the fastest counts: the first ones wake the threads and show them the kernel. */
const trialJobs = 3;
const mostPause = 256;

export class Gain {
  private mode: "alone" | "trial" | "shared" = "trial";
  private alone = 0;
  private shared = 0;
  private trials = 0;
  /** Jobs until something else is tried. */
  private left = 0;
  /** Jobs between two trials. Each one without success doubles it. */
  private pause = 4;

  /** Whether the next job is to be shared. */
  shares(): boolean {
    if (this.alone === 0) return false;
    if (this.mode === "trial") return true;
    if (--this.left >= 0) return this.mode === "shared";
    if (this.mode === "alone") {
      this.mode = "trial";
      return true;
    }
    this.left = period;
    return false;
  }

  /** How long it took, for one nanosecond of the estimate. */
  took(shared: boolean, time: number): void {
    if (!shared) {
      this.alone = mean(this.alone, time);
    } else if (this.mode === "trial") {
      this.shared = this.trials === 0 ? time : Math.min(this.shared, time);
      this.trials++;
      // Far slower: another program has the processors. Nobody should wait for that three times.
      if (this.trials < trialJobs && time < 3 * this.alone) return;
      this.trials = 0;
      if (this.helps) this.share();
      else {
        this.rest(this.pause);
        this.pause = Math.min(mostPause, this.pause * 2);
      }
    } else {
      this.shared = mean(this.shared, time);
      if (!this.helps) this.rest(this.pause);
    }
  }

  private get helps(): boolean {
    return this.alone / this.shared >= leastGain;
  }
  private share(): void {
    this.mode = "shared";
    this.left = period;
    this.pause = 4;
  }
  private rest(jobs: number): void {
    this.mode = "alone";
    this.left = jobs;
  }
}

/** One time that is far too long, because another program had the processor, counts as twice as long. */
function mean(before: number, now: number): number {
  return before === 0 ? now : before + weight * (Math.min(now, 2 * before) - before);
}
