/**
 * JupyterLab shows the lasting bundle of a figure as an image, which can be neither read nor zoomed. While the page is open
 * the figure that was drawn until then takes the image's place; what is saved is the image.
 */
const AREA = ".jp-OutputArea";
const PICTURE = ".jp-RenderedSVG img";

const watched = new WeakMap<Element, MutationObserver>();

/** To be called whenever `root` was put into a new place. */
export function stayInPlaceOfPicture(mount: Element, root: HTMLElement, id: string): void {
  const area = mount.closest(AREA);
  if (!area) return;
  watched.get(root)?.disconnect();
  const observer = new MutationObserver(() => {
    if (mount.isConnected) return;
    for (const image of area.querySelectorAll<HTMLImageElement>(PICTURE)) {
      // The picture begins with its attributes, and so with the id.
      if (!image.src.slice(0, 2000).includes(id)) continue;
      observer.disconnect();
      image.hidden = true;
      image.style.display = "none";
      image.after(root);
      return;
    }
  });
  watched.set(root, observer);
  observer.observe(area, { childList: true, subtree: true });
}
