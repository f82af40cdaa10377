/** TypeScript's documentation as Markdown. */
import ts from "typescript";

type Parts = readonly ts.SymbolDisplayPart[];

export function codeBlock(code: string): string {
  return `\`\`\`typescript\n${code}\n\`\`\``;
}

/** Documentation and tags; "" when there are none. */
export function documentation(parts: Parts | undefined, tags: readonly ts.JSDocTagInfo[] | undefined): string {
  return [prose(parts), ...(tags ?? []).map(tag)].filter((text) => text !== "").join("\n\n");
}

/** `{@link name text}` becomes its text, as code when it is only a name. */
function prose(parts: Parts | undefined): string {
  let text = "";
  for (const { kind, text: part } of parts ?? []) {
    if (kind === "link") {
      // The braces of the tag itself.
      if (part.startsWith("{")) text += "";
    } else if (kind === "linkName") text += `\`${part}\``;
    else if (kind === "linkText") text += /^\s*https?:\S+\s*$/.test(part) ? part.trim() : part;
    else text += part;
  }
  return text.trim();
}

function tag({ name, text }: ts.JSDocTagInfo): string {
  const label = `*@${name}*`;
  if (name === "example") {
    const example = prose(text);
    return `${label}\n${example.includes("```") ? example : codeBlock(example)}`;
  }
  const named = text?.find(({ kind }) => kind === "parameterName" || kind === "typeParameterName");
  if (named) {
    const rest = prose(text!.slice(text!.indexOf(named) + 1)).replace(/^[-–—\s]+/, "");
    return `${label} \`${named.text}\`${rest === "" ? "" : ` — ${rest}`}`;
  }
  const rest = prose(text);
  return rest === "" ? label : `${label} — ${rest}`;
}
