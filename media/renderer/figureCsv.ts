import type { PlotlyFigure } from "../../kernel/plot/plotly.ts";

/** The values of any figure, one row for each point: trace, x, y, z. Empty where a trace has no such coordinate. */
export function figureCsv({ data }: PlotlyFigure): string {
  const lines = ["trace,x,y,z"];
  data.forEach((trace, t) => {
    const name = field(trace.name ?? `trace ${t}`);
    const [x, y, z] = [trace["x"], trace["y"], trace["z"]].map((values) =>
      Array.isArray(values) ? values : undefined,
    );
    if (z && Array.isArray(z[0])) {
      z.forEach((row: unknown[], r) =>
        row.forEach((value, c) => lines.push([name, field(x?.[c] ?? c), field(y?.[r] ?? r), field(value)].join(","))),
      );
      return;
    }
    const length = Math.max(x?.length ?? 0, y?.length ?? 0, z?.length ?? 0);
    for (let i = 0; i < length; i++) lines.push([name, field(x?.[i]), field(y?.[i]), field(z?.[i])].join(","));
  });
  return lines.join("\n") + "\n";
}

function field(value: unknown): string {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
