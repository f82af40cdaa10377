import { growTo, maximumBytes, refreshViews, reservedBytes } from "./memory.ts";
import { survivors, track, untrack } from "./liveness.ts";

/**
 * A piece of memory that is freed as a whole: one large array, or a page of small ones of equal size. Whoever uses memory
 * in it holds the span; the allocator only knows its number, and finds out by a sweep that nobody holds it any more.
 */
export class Span {
  readonly start: number;
  readonly bytes: number;
  /** Free slots that were given back before the page died; only of a page. */
  readonly slots: number[] | undefined;

  constructor(start: number, bytes: number, page: boolean) {
    this.start = start;
    this.bytes = bytes;
    this.slots = page ? [] : undefined;
  }
}

/** Thrown when neither freeing nor growing finds room. Whoever knows what the memory was for says so. */
export class OutOfMemory extends RangeError {
  override name = "OutOfMemory";
}

const pageBytes = 65536;
/** Up to here arrays share a page: a span for each would cost more than computing on it. */
const smallBytes = 4096;
/** Address 0 stays unused, and the first bytes hold what the threads talk through. */
const firstAddress = 65536;
/** Kernels may read, not write, so far past the end of any array: whole vectors where only a part is needed. */
const slack = 64;

/**
 * Sizes are rounded up so that freed memory fits again: to 64 bytes up to 1 KB, then in sixteen steps for each doubling.
 * 64 is a cache line, and more than any kernel reads or writes at once.
 */
export function roundUp(bytes: number): number {
  if (bytes <= 1024) return bytes <= 64 ? 64 : (bytes + 63) & ~63;
  const step = 2 ** (Math.floor(Math.log2(bytes)) - 4);
  return Math.ceil(bytes / step) * step;
}

/** What share of the time something takes. The least of the last four: one that met a busy machine says nothing. */
class Share {
  private readonly shares: number[] = [];
  private last = performance.now();

  /** It began then and ends now. */
  took(begin: number): number {
    const now = performance.now();
    this.shares.push((now - begin) / (now - this.last));
    this.last = now;
    if (this.shares.length < 4) return 0;
    if (this.shares.length > 4) this.shares.shift();
    return Math.min(...this.shares);
  }
}

/** Free memory of one size: addresses. */
const free = new Map<number, number[]>();
/** Free memory of any size, from the last rebuilding: sorted by address, never adjacent. */
let gaps: { start: number; bytes: number }[] = [];
let top = firstAddress;
/** Where the spans in use begin, and how long they are. */
const spans = new Map<number, number>();
/** Bytes in spans that were not found dead yet. */
let live = 0;
/** The most that `live` has been. */
let peak = 0;
let sinceSweep = 0;
/** Bytes that are taken between two sweeps of the young generation. */
let limit = 32 << 20;
const mostLimit = 256 << 20;
/** Bytes in use after the last full sweep, and how many more start the next. */
let liveAfterFull = 0;
let growth = 128 << 20;
const mostGrowth = 1024 << 20;
/** Times of the last sweeps: what they cost, and what they are a part of. */
const young = new Share();
const full = new Share();

/** One page for each small size, from which slots are taken. */
interface Page {
  span: Span;
  next: number;
  readonly size: number;
}
const pages = new Map<number, Page>();
const pageOf: (Page | undefined)[] = [];

/** The span that the last `allocate` took from. Whoever allocated must hold it as long as it uses the memory. */
export let lastSpan: Span;

/** Memory for `bytes` bytes at a multiple of 64, not cleared. The caller takes `lastSpan` at once. */
export function allocate(bytes: number): number {
  if (bytes <= smallBytes) return allocateSmall(bytes);
  const size = roundUp(bytes);
  const span = newSpan(size, false);
  lastSpan = span;
  return span.start;
}

function allocateSmall(bytes: number): number {
  const line = (bytes + 63) >>> 6;
  let page = pageOf[line];
  if (page === undefined) pageOf[line] = page = takePage(roundUp(bytes));
  const { span } = page;
  lastSpan = span;
  const slot = span.slots!.pop();
  if (slot !== undefined) return slot;
  const at = page.next;
  if (at + page.size <= span.start + pageBytes) {
    page.next = at + page.size;
    return at;
  }
  renew(page);
  lastSpan = page.span;
  page.next += page.size;
  return page.next - page.size;
}

function takePage(size: number): Page {
  let page = pages.get(size);
  if (page === undefined) {
    const span = newSpan(pageBytes, true);
    page = { span, next: span.start, size };
    pages.set(size, page);
  }
  return page;
}
function renew(page: Page): void {
  page.span = newSpan(pageBytes, true);
  page.next = page.span.start;
}

function newSpan(bytes: number, page: boolean): Span {
  sinceSweep += bytes;
  if (sinceSweep > limit) sweepYoung();
  const span = new Span(find(bytes), bytes, page);
  spans.set(span.start, bytes);
  live += bytes;
  if (live > peak) peak = live;
  // Last: where this is ended before, nobody has the span, and `rebuild` finds its memory.
  track(span, span.start);
  return span;
}

function find(bytes: number): number {
  const pool = free.get(bytes);
  if (pool !== undefined && pool.length > 0) return pool.pop()!;
  const gap = gaps.findIndex((g) => g.bytes >= bytes);
  if (gap >= 0) return carve(gap, bytes);
  if (top + bytes + slack > reservedBytes() && !growTo(top + bytes + slack)) {
    sweep();
    const after = gaps.findIndex((g) => g.bytes >= bytes);
    if (after >= 0) return carve(after, bytes);
    if (!growTo(top + bytes + slack)) {
      throw new OutOfMemory(
        `${megabytes(bytes)} are needed, ${megabytes(live)} are in use by tensors that the program still holds, and the engine ` +
          `has at most ${megabytes(maximumBytes)}. Use smaller batches, or let go of tensors that are no longer needed.`,
      );
    }
  }
  const start = top;
  top += bytes;
  return start;
}

function carve(index: number, bytes: number): number {
  const gap = gaps[index]!;
  const { start } = gap;
  if (gap.bytes === bytes) gaps.splice(index, 1);
  else {
    gap.start += bytes;
    gap.bytes -= bytes;
  }
  return start;
}

/** Gives memory back that nobody uses any more, without waiting for a sweep. `address` is what `allocate` gave. */
export function release(span: Span, address: number): void {
  if (span.slots !== undefined) {
    span.slots.push(address);
    return;
  }
  untrack(span);
  giveBack(span.start, span.bytes);
  sinceSweep = Math.max(0, sinceSweep - span.bytes);
}

function giveBack(start: number, bytes: number): void {
  spans.delete(start);
  live -= bytes;
  let pool = free.get(bytes);
  if (pool === undefined) free.set(bytes, (pool = []));
  pool.push(start);
}

/** Takes back the memory of what died young: the results of a training step. A fraction of a millisecond. */
function sweepYoung(): void {
  const begin = performance.now();
  const alive = survivors("minor");
  if (alive !== undefined) {
    for (const [start, bytes] of spans) if (!alive.has(start)) giveBack(start, bytes);
  }
  sinceSweep = 0;
  if (young.took(begin) > 0.02) limit = Math.min(mostLimit, limit * 2);
  // What lived through two collections of the young generation only a full one finds.
  if (live > liveAfterFull + growth) sweep();
}

/** Collects garbage and takes back the memory of every span that died. About ten milliseconds. */
export function sweep(): void {
  const begin = performance.now();
  rebuild("major");
  liveAfterFull = live;
  sinceSweep = 0;
  if (full.took(begin) > 0.02) growth = Math.min(mostGrowth, growth * 2);
}

/**
 * Makes the list of free memory from the spans alone: whatever none of those that live covers is free, also what belonged
 * to nobody because a computation was ended in the middle of this file (design T2).
 */
export function rebuild(type?: "major"): void {
  refreshViews();
  const alive = survivors(type);
  const byAddress = [...spans].filter(([start]) => alive === undefined || alive.has(start)).sort(([a], [b]) => a - b);
  for (let i = 1; i < byAddress.length; i++) {
    if (byAddress[i]![0] > byAddress[i - 1]![0]) continue;
    throw new Error("gradbook: the engine cannot put its memory in order. Has a cell changed Array.prototype.sort?");
  }
  spans.clear();
  free.clear();
  gaps = [];
  live = 0;
  let end = firstAddress;
  for (const [start, bytes] of byAddress) {
    spans.set(start, bytes);
    if (start > end) gaps.push({ start: end, bytes: start - end });
    end = start + bytes;
    live += bytes;
  }
  top = end;
}

/** What the engine uses. */
export interface MemoryUsage {
  /** Bytes of tensors that are in use, and of dead ones not found yet. */
  readonly liveBytes: number;
  /** The most that it has been. */
  readonly peakBytes: number;
  /** Bytes of the WebAssembly memory. */
  readonly reservedBytes: number;
}
export function memoryUsage(): MemoryUsage {
  return { liveBytes: live, peakBytes: peak, reservedBytes: reservedBytes() };
}

export function megabytes(bytes: number): string {
  return bytes < 1 << 20
    ? `${Math.ceil(bytes / 1024)} KB`
    : `${(bytes / (1 << 20)).toFixed(bytes < 10 << 20 ? 1 : 0)} MB`;
}
