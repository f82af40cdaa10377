import { fromFlat } from "../tensor/create.ts";
import { describe, OptionError } from "../tensor/errors.ts";
import { checkNumber, checkOptions } from "../tensor/options.ts";
import { empty, Tensor } from "../tensor/tensor.ts";
import { checkIndices, type Dataset } from "./dataset.ts";
import { readText, type TextSource } from "./textSource.ts";

export interface TextOptions {
  /** What a token is: a character (the default; a whole one, also outside the basic plane), or a word or mark. */
  level?: "char" | "word";
  /** Tokens and their numbers, from another text. Default: the tokens of this one, sorted. */
  vocab?: readonly string[];
  /** Label of the encoding, like "latin1". Default "utf-8". */
  encoding?: string;
}

/** A word with its inner apostrophes and hyphens, white space as it is, or any single other character. */
const WORD = /[\p{L}\p{M}\p{N}_]+(?:['’-][\p{L}\p{M}\p{N}_]+)*|\s+|./gsu;

/**
 * A text as numbers, one for each of its tokens: the start of a character model.
 *
 * ```ts
 * const text = await data.text({ text: "hello" });
 * text.vocab // → ["e", "h", "l", "o"]
 * text.encode("hole").toArray() // → [1, 3, 2, 0]
 * text.decode(text.tokens) // → "hello"
 * const loader = new data.DataLoader(text.sequences({ length: 2 }), { batchSize: 2, shuffle: true });
 * for (const [x, y] of loader) [x.shape, y.shape] // → [[2, 2], [2, 2]]
 * ```
 *
 * `source` is a path (a file may be gzip) or `{ text }`.
 */
export async function text(source: TextSource, options: TextOptions = {}): Promise<TokenText> {
  const who = "data.text";
  checkOptions(who, options, ["level", "vocab", "encoding"]);
  const { level = "char", vocab } = options;
  if (level !== "char" && level !== "word")
    throw new OptionError(`${who}: level must be "char" or "word", got ${describe(level)}.`);
  const { text, name } = await readText(who, source, options.encoding);
  const tokens = split(text, level);
  if (tokens.length === 0) throw new Error(`${who}: ${name} is empty.`);
  return new TokenText(level, tokens, vocab ?? [...new Set(tokens)].sort());
}

const split = (text: string, level: "char" | "word"): string[] =>
  level === "char" ? Array.from(text) : (text.match(WORD) ?? []);

/** A text as numbers, and back. Made by `data.text`. */
export class TokenText {
  readonly level: "char" | "word";
  /** The tokens; the number of one is its place here. */
  readonly vocab: readonly string[];
  /** The whole text: [tokens] int32. */
  readonly tokens: Tensor;
  private readonly numbers: ReadonlyMap<string, number>;

  /** @internal */
  constructor(level: "char" | "word", tokens: readonly string[], vocab: readonly string[]) {
    this.level = level;
    this.vocab = [...vocab];
    this.numbers = new Map(vocab.map((token, k) => [token, k]));
    if (this.numbers.size !== vocab.length)
      throw new OptionError("data.text: a token is twice in vocab; each must be there once.");
    this.tokens = this.numbersOf("data.text", tokens);
  }

  /** The numbers of a text's tokens: [tokens] int32. A token that is not in `vocab` is an error. */
  encode(text: string): Tensor {
    if (typeof text !== "string") throw new OptionError(`encode: needs a text, got ${describe(text)}.`);
    return this.numbersOf("encode", split(text, this.level));
  }

  /** The text of numbers. */
  decode(numbers: Tensor | ArrayLike<number>): string {
    const list = numbers instanceof Tensor ? numbers.toTypedArray() : numbers;
    return Array.from(list, (n, k) => {
      const token = this.vocab[n];
      if (token === undefined) {
        throw new RangeError(
          `decode: there is no token ${describe(n)} (position ${k}); they are numbered 0 … ${this.vocab.length - 1}.`,
        );
      }
      return token;
    }).join("");
  }

  /**
   * The text cut into pieces of `length` tokens, each with the same piece one token later: x and y [batch, length] int32.
   * A new piece begins every `stride` tokens, by default where the one before ends.
   */
  sequences(options: { length: number; stride?: number }): Dataset<[x: Tensor, y: Tensor]> {
    const who = "sequences";
    checkOptions(who, options, ["length", "stride"]);
    const { length, stride = length } = options;
    const size = this.tokens.numel();
    const whole = (x: number) => Number.isInteger(x) && x >= 1;
    checkNumber(
      who,
      "length",
      length,
      `≥ 1, whole, and below the ${size} tokens of the text`,
      (x) => whole(x) && x < size,
    );
    checkNumber(who, "stride", stride, "≥ 1, whole", whole);
    return new Sequences(this.tokens, length, stride);
  }

  private numbersOf(who: string, tokens: readonly string[]): Tensor {
    const numbers = Int32Array.from(tokens, (token, k) => {
      const number = this.numbers.get(token);
      if (number === undefined)
        throw new RangeError(
          `${who}: token ${k} is ${describe(token)}, which is not in the vocabulary of ${this.vocab.length}.`,
        );
      return number;
    });
    return fromFlat(numbers, [numbers.length], "int32");
  }
}

class Sequences implements Dataset<[x: Tensor, y: Tensor]> {
  readonly length: number;
  private readonly tokens: Tensor;
  private readonly size: number;
  private readonly stride: number;

  constructor(tokens: Tensor, size: number, stride: number) {
    this.tokens = tokens;
    this.size = size;
    this.stride = stride;
    // y needs one token more.
    this.length = Math.floor((tokens.numel() - 1 - size) / stride) + 1;
  }

  batch(indices: Int32Array): [x: Tensor, y: Tensor] {
    checkIndices("sequences", indices, this.length);
    return [this.pieces(indices, 0), this.pieces(indices, 1)];
  }

  private pieces(indices: Int32Array, shift: number): Tensor {
    const result = empty([indices.length, this.size], "int32");
    const [from, to] = [this.tokens.storage.array(), result.storage.array()];
    indices.forEach((index, k) => {
      const start = this.tokens.offset + index * this.stride + shift;
      to.set(from.subarray(start, start + this.size), result.offset + k * this.size);
    });
    return result;
  }
}
