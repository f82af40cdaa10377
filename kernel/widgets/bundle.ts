/** How a widget is shown where no widget can be: its label and its value as text. */
import { escapeHtml } from "../text/escapeHtml.ts";
import { WIDGET_MIME, WIDGET_VIEW_MIME, type SavedWidget, type WidgetState } from "./state.ts";

type MimeBundle = { [mime: string]: unknown };

/** `live` is false for a widget that is closed: nothing could be moved any more. */
export function widgetBundle(id: string, state: WidgetState, live = true): MimeBundle {
  const { description = "", value } = state;
  const text = valueText(value);
  const plain = description !== "" && text !== "" ? `${description}: ${text}` : description + text;
  const label = escapeHtml(description);
  const shown = text === "" ? "" : `<b>${escapeHtml(text)}</b>`;
  const html = `<span>${label !== "" && shown !== "" ? `${label}: ` : label}${shown}</span>`;
  const saved: SavedWidget = { version: 1, id, state };
  return {
    ...(live && { [WIDGET_VIEW_MIME]: { version_major: 2, version_minor: 0, model_id: id } }),
    [WIDGET_MIME]: saved,
    "text/html": html,
    "text/plain": plain,
  };
}

/** A number with at most six digits, `on` or `off`; nothing for a widget without a value. */
export function valueText(value: unknown): string {
  if (typeof value === "boolean") return value ? "on" : "off";
  return typeof value === "number" ? String(Number(value.toPrecision(6))) : String(value ?? "");
}
