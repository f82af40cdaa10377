const part = /(<!-- speed:.*? -->\n)[\s\S]*?(<!-- \/speed -->)/;

/** The README with `text` between its marks `<!-- speed: … -->` and `<!-- /speed -->`. */
export function withSpeed(readme: string, text: string): string {
  if (!part.test(readme)) {
    throw new Error(
      "README.md has no part <!-- speed: … --> … <!-- /speed -->: write the two marks where the table belongs.",
    );
  }
  return readme.replace(part, (_whole, start: string, end: string) => `${start}\n${text.trim()}\n\n${end}`);
}
