/** TypeScript code as HTML with its comments, texts, numbers and keywords marked. */
import { escapeHtml } from "../../text/escapeHtml.ts";

const KEYWORDS =
  "abstract|any|as|async|await|bigint|boolean|break|case|catch|class|const|continue|debugger|declare|default|delete|do|else|" +
  "enum|export|extends|false|finally|for|from|function|if|implements|import|in|infer|instanceof|interface|keyof|let|" +
  "namespace|never|new|null|number|of|override|private|protected|public|readonly|return|satisfies|static|string|super|" +
  "switch|symbol|this|throw|true|try|type|typeof|undefined|unknown|using|var|void|while|yield";

const TOKEN = new RegExp(
  [
    String.raw`(?<comment>\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))`,
    // A template is one token, what it interpolates included; good enough to read.
    String.raw`(?<text>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|${"`"}(?:[^${"`"}\\]|\\[\s\S])*${"`"}?)`,
    String.raw`(?<number>(?<![\p{ID_Continue}$.])(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)n?)`,
    String.raw`(?<keyword>(?<![\p{ID_Continue}$.])(?:${KEYWORDS})(?![\p{ID_Continue}$:]))`,
    String.raw`(?<name>[\p{ID_Start}$_][\p{ID_Continue}$]*(?=\s*\())`,
    String.raw`[\p{ID_Start}$_][\p{ID_Continue}$]*`,
  ].join("|"),
  "gu",
);

export function highlight(code: string): string {
  let html = "";
  let end = 0;
  for (const match of code.matchAll(TOKEN)) {
    const kind = Object.entries(match.groups!).find(([, text]) => text !== undefined)?.[0];
    html += escapeHtml(code.slice(end, match.index));
    html += kind ? `<span class="code-${kind}">${escapeHtml(match[0])}</span>` : escapeHtml(match[0]);
    end = match.index + match[0].length;
  }
  return html + escapeHtml(code.slice(end));
}
