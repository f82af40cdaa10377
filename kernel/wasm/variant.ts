/** A way to generate code. All give the same sums in the same order; only fused or separate rounding differs. */
export interface Variant {
  readonly name: "revectorized FMA" | "FMA" | "multiply and add";
  /** a · b + c is one instruction, rounded once. */
  readonly fma: boolean;
  /** Neighbouring vectors are paired to 256 bits by V8: code keeps them side by side, and tiles are wider. */
  readonly wide: boolean;
}

export const plain: Variant = { name: "multiply and add", fma: false, wide: false };
export const fused: Variant = { name: "FMA", fma: true, wide: false };
export const wide: Variant = { name: "revectorized FMA", fma: true, wide: true };

/** One step back, where a kernel gives a wrong answer. */
export function fallback(variant: Variant): Variant | undefined {
  return variant === wide ? fused : variant === fused ? plain : undefined;
}
