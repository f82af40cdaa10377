/** The loops of `npm run bench loops`: plain programs, the same text as a cell and as an ES module. */

export interface Program {
  name: string;
  /** What one run does; about a tenth of a second, so that compiling is a small part of it. */
  code: string;
}

export const programs: readonly Program[] = [
  {
    name: "counters",
    code: `let n = 0, sum = 0;
for (let i = 0; i < 2e8; i++) {
  sum += i & 3;
  n++;
}`,
  },
  {
    name: "closures over variables",
    code: `let total = 0, calls = 0;
const add = (x) => {
  total += x & 7;
  calls++;
};
for (let i = 0; i < 4e7; i++) add(i);`,
  },
  {
    name: "typed arrays",
    code: `const values = new Float32Array(1e4).map((_, i) => i % 17);
let dot = 0;
for (let round = 0; round < 1e4; round++) {
  for (let i = 0; i < values.length; i++) dot += values[i] * (i & 3);
}`,
  },
  {
    name: "objects",
    code: `const points = Array.from({ length: 1000 }, (_, i) => ({ x: i, y: -i, vx: 0.5, vy: 0.25 }));
let energy = 0;
for (let step = 0; step < 3e4; step++) {
  for (let i = 0; i < points.length; i++) {
    const p = points[i];
    p.x += p.vx * 0.001;
    p.y += p.vy * 0.001;
    energy += p.vx * p.vx;
  }
}`,
  },
  {
    name: "await in a loop",
    code: `let received = 0;
const next = async (i) => i & 3;
for (let i = 0; i < 2e6; i++) received += await next(i);`,
  },
  {
    name: "await in a function's loop",
    code: `let arrived = 0;
const later = async (i) => i & 3;
async function collect(n) {
  let got = 0;
  for (let i = 0; i < n; i++) got += await later(i);
  return got;
}
for (let i = 0; i < 200; i++) arrived += await collect(1e4);`,
  },
  {
    name: "a function with a loop of its own",
    code: `function mean(xs) {
  let s = 0;
  for (let i = 0; i < xs.length; i++) s += xs[i];
  return s / xs.length;
}
const data = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
let means = 0;
for (let i = 0; i < 6e6; i++) means += mean(data);`,
  },
  {
    name: "for of",
    code: `const items = Array.from({ length: 10_000 }, (_, i) => i % 100);
let ofSum = 0;
for (let round = 0; round < 1e4; round++) {
  for (const item of items) ofSum += item & 7;
}`,
  },
  {
    name: "for of entries",
    code: `const byName = new Map(Array.from({ length: 1000 }, (_, i) => ["k" + i, i]));
let entries = 0;
for (let round = 0; round < 1e4; round++) {
  for (const [, value] of byName) entries += value;
}`,
  },
  {
    name: "while with break",
    code: `let seed = 1, throws = 0;
while (true) {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  throws++;
  if (throws > 1e8) break;
}`,
  },
  {
    name: "nested loops",
    code: `const size = 200;
const a = new Float64Array(size * size).fill(0.5), b = new Float64Array(size * size).fill(0.25), c = new Float64Array(size * size);
for (let round = 0; round < 12; round++) {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      let s = 0;
      for (let k = 0; k < size; k++) s += a[i * size + k] * b[k * size + j];
      c[i * size + j] = s;
    }
  }
}`,
  },
  {
    name: "methods of a class",
    code: `class Particle {
  x = 0;
  v = 1;
  step(dt) {
    this.v -= this.x * dt;
    this.x += this.v * dt;
  }
}
const particle = new Particle();
for (let i = 0; i < 5e7; i++) particle.step(0.001);`,
  },
  {
    name: "a function of numbers",
    code: `function escape(cx, cy) {
  let x = 0, y = 0, n = 0;
  while (n < 100 && x * x + y * y < 4) {
    const t = x * x - y * y + cx;
    y = 2 * x * y + cy;
    x = t;
    n++;
  }
  return n;
}
let inside = 0;
for (let py = 0; py < 1000; py++) for (let px = 0; px < 1000; px++) inside += escape(px / 400 - 2, py / 500 - 1);`,
  },
  {
    name: "strings and maps",
    code: `const counts = new Map();
let text = "";
for (let i = 0; i < 2e6; i++) {
  const key = i % 97;
  counts.set(key, (counts.get(key) ?? 0) + 1);
  if (key === 0) text += "x";
}`,
  },
];
