import { growTo, maximumBytes, refreshViews, reservedBytes } from "./memory.ts";
import { collectGarbage } from "./sweep.ts";

/**
 * A piece of memory that is freed as a whole: one large array, or a page of small ones of equal size. Whoever uses memory
 * in it holds the span; the allocator holds only a WeakRef, and finds out by a sweep that nobody does any more.
 */
export class Span {
  readonly start: number;
  readonly bytes: number;
  /** Position among the spans in use. */
  at = 0;
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
/** Up to here arrays share a page: a WeakRef for each would cost more than computing on it. */
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

/** Free memory of one size: addresses. */
const free = new Map<number, number[]>();
/** Free memory of any size, from the last rebuilding: sorted by address, never adjacent. */
let gaps: { start: number; bytes: number }[] = [];
let top = firstAddress;
const inUse: WeakRef<Span>[] = [];
/** Bytes in spans that were not found dead yet. */
let live = 0;
let sinceSweep = 0;
let lastSweep = 0;
const leastLimit = 64 << 20;
const mostLimit = 1536 << 20;
let limit = leastLimit;

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
  if (sinceSweep > limit) sweep();
  const span = new Span(find(bytes), bytes, page);
  span.at = inUse.length;
  inUse.push(new WeakRef(span));
  live += bytes;
  return span;
}

function find(bytes: number): number {
  const pool = free.get(bytes);
  if (pool !== undefined && pool.length > 0) return pool.pop()!;
  const gap = gaps.findIndex((g) => g.bytes >= bytes);
  if (gap >= 0) return carve(gap, bytes);
  // What a dead tensor leaves is better than more memory, once there is much of it.
  if (top + bytes + slack > reservedBytes() && top > leastLimit && sinceSweep > top / 4) {
    sweep();
    const freed = free.get(bytes);
    if (freed !== undefined && freed.length > 0) return freed.pop()!;
  }
  if (top + bytes + slack > reservedBytes() && !growTo(top + bytes + slack)) {
    sweep();
    rebuild();
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
  forget(span.at);
  giveBack(span.start, span.bytes);
  sinceSweep = Math.max(0, sinceSweep - span.bytes);
}

/** Takes a span out of the list by moving the last one to its place. */
function forget(at: number): void {
  const last = inUse.pop()!;
  if (at === inUse.length) return;
  inUse[at] = last;
  const moved = last.deref();
  if (moved !== undefined) moved.at = at;
}

function giveBack(start: number, bytes: number): void {
  live -= bytes;
  let pool = free.get(bytes);
  if (pool === undefined) free.set(bytes, (pool = []));
  pool.push(start);
}

/** Collects garbage and takes back the memory of every span that died. */
export function sweep(): void {
  const begin = performance.now();
  collectGarbage();
  rebuild();
  const end = performance.now();
  // Where a collection is slow (a large JavaScript heap), collect less often: at most about 3 % of the time.
  const share = (end - begin) / Math.max(1, end - lastSweep);
  if (share > 0.03) limit = Math.min(mostLimit, limit * 2);
  else if (share < 0.005) limit = Math.max(leastLimit, limit / 2);
  lastSweep = end;
  limit = Math.max(limit, Math.min(mostLimit, live));
  sinceSweep = 0;
}

/**
 * Makes the list of free memory from the spans alone: whatever none of them covers is free. After a sweep, and after a
 * computation was ended at any point of this file (design T2).
 */
export function rebuild(): void {
  refreshViews();
  const spans: Span[] = [];
  for (const ref of inUse) {
    const span = ref.deref();
    if (span === undefined) continue;
    span.at = spans.length;
    inUse[span.at] = ref;
    spans.push(span);
  }
  inUse.length = spans.length;
  const byAddress = spans.sort((a, b) => a.start - b.start);
  free.clear();
  gaps = [];
  live = 0;
  let end = firstAddress;
  for (const span of byAddress) {
    if (span.start > end) gaps.push({ start: end, bytes: span.start - end });
    end = span.start + span.bytes;
    live += span.bytes;
  }
  top = end;
}

/** What the engine uses. */
export interface MemoryUsage {
  /** Bytes of tensors that are in use, and of dead ones not found yet. */
  readonly liveBytes: number;
  /** Bytes of the WebAssembly memory. */
  readonly reservedBytes: number;
}
export function memoryUsage(): MemoryUsage {
  return { liveBytes: live, reservedBytes: reservedBytes() };
}

export function megabytes(bytes: number): string {
  return bytes < 1 << 20
    ? `${Math.ceil(bytes / 1024)} KB`
    : `${(bytes / (1 << 20)).toFixed(bytes < 10 << 20 ? 1 : 0)} MB`;
}
