/**
 * How people write the ten digits: for each digit the ways of writing it, each way a list of strokes, each stroke the
 * points the pen passes, in a box one wide and one high (x to the right, y downwards). The pen goes through the points
 * in a smooth curve; a corner is the end of one stroke and the start of the next.
 *
 * Drawn for Gradbook; no data set was traced.
 */
export type Point = readonly [x: number, y: number];
export type Stroke = readonly Point[];
export type Glyph = readonly Stroke[];

/** Points as "x,y" in hundredths of the box, strokes separated by "/". */
const written: readonly (readonly string[])[] = [
  // 0: an oval from the upper right, closed or nearly so
  [
    "62,3 34,8 12,36 10,68 30,95 60,96 86,70 88,36 70,8 50,2",
    "50,0 26,12 16,50 28,88 52,100 76,86 84,50 74,14 52,0",
    "72,10 40,2 8,40 16,84 46,100 80,78 92,40 74,10 50,6",
  ],
  // 1: a bar; slanted; with a flag; with flag and base
  [
    "52,0 50,50 48,100",
    "60,0 50,50 40,100",
    "30,24 42,14 54,0 / 54,0 53,50 52,100",
    "30,22 42,12 52,0 / 52,0 52,100 / 24,100 52,99 80,100",
  ],
  // 2: a straight base; a loop at the lower left; a wavy base
  [
    "12,22 30,3 62,1 84,20 76,46 46,74 8,98 / 8,98 50,96 92,96",
    "14,18 36,2 68,6 80,26 66,56 38,86 16,96 8,82 26,76 52,90 92,98",
    "10,12 40,0 76,8 82,32 60,62 30,84 10,98 / 10,98 36,90 62,96 94,90",
  ],
  // 3: two bowls; a flat top; the bowls meeting in a small loop
  [
    "14,10 44,0 76,12 74,34 44,47 / 44,47 78,56 86,78 60,98 28,98 8,88",
    "12,3 46,2 82,2 / 82,2 62,24 42,42 / 42,42 76,50 86,74 64,96 30,99 8,86",
    "20,6 54,0 76,16 64,38 40,50 34,46 56,44 82,62 78,88 48,100 10,92",
  ],
  // 4: open; closed; with a slanted stem
  [
    "20,2 16,30 14,56 / 14,56 50,55 92,52 / 74,6 72,50 70,100",
    "68,0 40,34 8,68 / 8,68 50,68 94,66 / 68,0 68,50 68,100",
    "30,0 16,26 10,50 34,56 62,50 78,42 / 84,4 72,50 58,100",
  ],
  // 5: neck, bowl and bar; without a corner; the bar last
  [
    "84,2 52,3 24,4 / 24,4 20,24 18,44 / 18,44 50,38 82,54 84,78 56,98 12,92",
    "90,0 60,2 34,6 26,24 28,42 56,48 78,66 66,90 36,100 10,94",
    "28,6 24,26 20,46 / 20,46 54,42 80,60 76,86 44,100 14,90 / 28,6 56,6 92,0",
  ],
  // 6: a bow that closes below
  [
    "74,2 42,20 18,50 14,78 38,99 70,92 82,70 62,52 34,58 16,76",
    "56,0 34,30 22,64 30,92 56,100 78,84 70,62 46,58 26,72",
    "86,8 56,6 24,34 10,70 34,98 72,94 86,70 62,54 32,62 20,80",
  ],
  // 7: plain; with a bar through the stem; with a serif
  [
    "10,6 48,6 86,3 / 86,3 62,44 42,100",
    "12,5 50,6 86,2 / 86,2 60,46 36,100 / 32,54 56,50 80,50",
    "10,24 14,8 / 14,8 50,10 88,4 74,30 58,62 50,100",
  ],
  // 8: one stroke; two ovals; one stroke the other way
  [
    "76,14 50,1 24,14 34,38 68,58 80,82 52,100 20,84 32,58 66,38 78,16",
    "50,0 26,10 24,32 50,45 74,32 74,10 50,0 / 50,45 20,58 16,86 50,100 82,86 80,58 50,45",
    "84,6 48,4 26,22 48,46 70,72 54,98 26,92 24,72 50,48 78,26 86,8",
  ],
  // 9: a loop and a straight stem; a bowed stem; a hook
  [
    "80,18 54,2 22,14 18,38 44,50 74,36 80,16 / 80,16 76,56 70,100",
    "78,16 48,2 20,22 28,46 58,46 78,20 76,48 62,78 40,100",
    "78,20 56,0 24,12 20,36 46,50 76,34 82,14 82,50 74,86 46,100 18,92",
  ],
];

const stroke = (text: string): Stroke =>
  text.split(" ").map((point): Point => {
    const [x, y] = point.split(",");
    return [Number(x) / 100, Number(y) / 100];
  });

export const digitStrokes: readonly (readonly Glyph[])[] = written.map((glyphs) =>
  glyphs.map((glyph) => glyph.split(" / ").map(stroke)),
);
