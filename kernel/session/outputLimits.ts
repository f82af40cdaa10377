/** How much of its output a cell shows, from the environment of the kernel; the settings `gradbook.output.*` set it. */

export interface OutputLimits {
  /** Lines at the start of the output that are shown. */
  headLines: number;
  /** Lines at its end that are shown when there are more. */
  tailLines: number;
  /** Of the file that has all of them, in bytes. */
  fileBytes: number;
}

/** Beside the lines: a line counts as one for each so many characters that it has. */
export const CHARACTERS_PER_LINE = 100;
/** Outputs of one cell (displays, and streams that take turns) that are shown: as many as VS Code draws. */
export const MOST_OUTPUTS = 500;
/** Characters of all displays of one cell. */
export const MOST_DISPLAYED = 100_000_000;

/** As many as VS Code shows without becoming slow. */
export const STANDARD_HEAD_LINES = 5000;

export function outputLimits(
  env: NodeJS.ProcessEnv,
  warn: (line: string) => void,
  standardHeadLines = STANDARD_HEAD_LINES,
): OutputLimits {
  const whole = (name: string, standard: number): number => {
    const given = env[name];
    if (given === undefined || given === "") return standard;
    const value = Number(given);
    if (Number.isInteger(value) && value >= 1) return value;
    warn(`${name} must be a whole number of at least 1, got ${JSON.stringify(given)}: ${standard} is used.`);
    return standard;
  };
  return {
    headLines: whole("GRADBOOK_OUTPUT_MAX_LINES", standardHeadLines),
    tailLines: whole("GRADBOOK_OUTPUT_TAIL_LINES", 1000),
    fileBytes: whole("GRADBOOK_OUTPUT_MAX_FILE_SIZE", 500) * 1e6,
  };
}
