/** How the commands of `gradbook` read what stands behind their name. */

/** A command line that cannot be followed. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Options that a command knows, without their dashes. */
export interface Known {
  withValue: readonly string[];
  flags: readonly string[];
}

export class Arguments {
  readonly positional: string[] = [];
  private readonly values = new Map<string, string[]>();

  add(name: string, ...given: string[]): void {
    this.values.set(name, [...(this.values.get(name) ?? []), ...given]);
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  all(name: string): readonly string[] {
    return this.values.get(name) ?? [];
  }

  /** Throws `UsageError` when it is given more than once. */
  single(name: string): string | undefined {
    const given = this.all(name);
    if (given.length > 1) throw new UsageError(`--${name} is given ${given.length} times.`);
    return given[0];
  }
}

/** `--name value`, `--name=value`, `--flag`, and "--" before names that begin with a dash; "help" when that is asked for. Throws `UsageError`. */
export function readArguments(argv: readonly string[], { withValue, flags }: Known): Arguments | "help" {
  const found = new Arguments();
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i]!;
    if (argument === "-h" || argument === "--help") return "help";
    if (argument === "--") {
      found.positional.push(...argv.slice(i + 1));
      break;
    }
    if (!argument.startsWith("-") || argument === "-") {
      found.positional.push(argument);
      continue;
    }
    const [, name, given] = /^--([^=]*)(?:=(.*))?$/s.exec(argument) ?? [];
    if (name !== undefined && flags.includes(name)) {
      if (given !== undefined) throw new UsageError(`--${name} takes no value, got "${given}".`);
      found.add(name);
    } else if (name !== undefined && withValue.includes(name)) {
      const value = given ?? argv[++i];
      if (value === undefined || value === "") throw new UsageError(`--${name} needs a value.`);
      if (given === undefined && value.startsWith("--"))
        throw new UsageError(`--${name} needs a value, got the option ${value}.`);
      found.add(name, value);
    } else {
      const options = [...withValue, ...flags, "help"].map((option) => `--${option}`).join(", ");
      throw new UsageError(`unknown option "${argument.split("=")[0]}". Options: ${options}.`);
    }
  }
  return found;
}
