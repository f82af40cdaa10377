/**
 * Mersenne Twister MT19937, 32 bits at a time.
 *
 * Matsumoto & Nishimura 1998; parameters and seeding as in at::mt19937 of PyTorch, so that one seed gives one stream in
 * both.
 */
export class MT19937 {
  /** Signed: V8 keeps those in registers, and unsigned ones beyond 2³¹ as doubles. */
  private readonly state = new Int32Array(624);
  private position = 624;
  /** A second normal number made together with the first, kept for the next call. */
  spareNormal: number | undefined;

  constructor(seed: number) {
    this.seed(seed);
  }

  seed(seed: number): void {
    this.state[0] = seed | 0;
    for (let i = 1; i < 624; i++) {
      const before = this.state[i - 1]!;
      this.state[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i;
    }
    this.position = 624;
    this.spareNormal = undefined;
  }

  /** The next 32 random bits. */
  next32(): number {
    return this.bits() >>> 0;
  }

  /** The same as a signed number. */
  private bits(): number {
    if (this.position === 624) this.twist();
    let y = this.state[this.position++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return y ^ (y >>> 18);
  }

  /** 24 bits in [0, 1): what a float32 can hold. */
  uniform24(): number {
    return (this.bits() & 0xffffff) / 0x1000000;
  }

  /** 53 bits in [0, 1), from two draws, the first one giving the high half. */
  uniform53(): number {
    const high = this.bits() & 0x1fffff;
    return (high * 4294967296 + this.next32()) / 9007199254740992;
  }

  /** A normal number by Box–Muller, the spare one kept. */
  normal(): number {
    if (this.spareNormal !== undefined) {
      const spare = this.spareNormal;
      this.spareNormal = undefined;
      return spare;
    }
    const u1 = this.uniform53();
    const u2 = this.uniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-u2));
    this.spareNormal = radius * Math.sin(2 * Math.PI * u1);
    return radius * Math.cos(2 * Math.PI * u1);
  }

  private twist(): void {
    const s = this.state;
    let i = 0;
    for (; i < 227; i++) s[i] = s[i + 397]! ^ twisted(s[i]!, s[i + 1]!);
    for (; i < 623; i++) s[i] = s[i - 227]! ^ twisted(s[i]!, s[i + 1]!);
    s[623] = s[396]! ^ twisted(s[623]!, s[0]!);
    this.position = 0;
  }
}

function twisted(a: number, b: number): number {
  const y = (a & 0x80000000) | (b & 0x7fffffff);
  return (y >>> 1) ^ (-(y & 1) & 0x9908b0df);
}
