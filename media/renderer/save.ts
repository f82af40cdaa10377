/**
 * Saves what a figure shows. With an extension behind it the extension asks where; otherwise the browser downloads.
 */
export type Post = ((message: unknown) => void) | undefined;

export function saveText(post: Post, name: string, mime: string, text: string): void {
  if (post) post({ type: "save", name, mime, text });
  else download(name, new Blob([text], { type: mime }));
}

export async function savePng(post: Post, name: string, svg: string): Promise<void> {
  const dataUrl = await rasterized(svg);
  const base64 = dataUrl.slice(dataUrl.indexOf(",") + 1);
  if (post) post({ type: "save", name, mime: "image/png", base64 });
  else download(name, new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], { type: "image/png" }));
}

/** A file name from a title: letters, digits and a few signs, at most 60 of them. */
export function fileName(title: string, extension: string): string {
  const name = title
    .replace(/<[^>]*>/g, "")
    .replace(/[^\p{L}\p{N}._ -]+/gu, " ")
    .trim()
    .replace(/\s+/g, "-")
    .slice(0, 60);
  return `${name || "figure"}.${extension}`;
}

/** Twice as many pixels as the picture says, for screens and paper of today. */
const SCALE = 2;

async function rasterized(svg: string): Promise<string> {
  const image = new Image();
  // A data: URL and not a blob:, which the notebook's content security policy does not allow for images.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth * SCALE;
  canvas.height = image.naturalHeight * SCALE;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser has no canvas to draw the picture on");
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png");
}

function download(name: string, blob: Blob): void {
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(blob);
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 10_000);
}
