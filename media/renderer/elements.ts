/** HTML elements without a library. */

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

export function makeButton(label: string, title: string, onClick: () => void | Promise<void>): HTMLButtonElement {
  const button = make("button", "gb-button", label);
  button.type = "button";
  button.title = title;
  button.setAttribute("aria-label", title);
  button.addEventListener("click", () => void onClick());
  return button;
}

/** Text that changes without a node being replaced. */
export class LiveText {
  readonly node = document.createTextNode("");
  set(text: string): void {
    if (this.node.data !== text) this.node.data = text;
  }
}
