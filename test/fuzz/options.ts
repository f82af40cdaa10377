/** `--name number` pairs of the command line, over the standard ones. Anything else ends the process with a message. */
export function numbersOf<T extends { [name: string]: number }>(standard: T): T {
  const options = { ...standard };
  for (let i = 2; i < process.argv.length; i += 2) {
    const name = process.argv[i]!.replace(/^--/, "");
    const value = Number(process.argv[i + 1]);
    if (!Object.hasOwn(options, name) || !Number.isInteger(value)) {
      const possible = Object.keys(options).map((each) => `--${each} n`);
      console.error(
        `fuzz: ${process.argv[i]} ${process.argv[i + 1] ?? ""} is no option. Options: ${possible.join(", ")}.`,
      );
      process.exit(2);
    }
    options[name as keyof T] = value as T[keyof T];
  }
  return options;
}
