/** Building elements: text goes in as text, never as markup. */

interface Attributes {
  readonly class?: string;
  readonly text?: string;
  readonly title?: string;
  readonly type?: string;
  readonly [name: `aria-${string}` | `data-${string}`]: string;
  readonly id?: string;
  readonly role?: string;
  readonly for?: string;
  readonly scope?: string;
  readonly tabindex?: string;
  readonly placeholder?: string;
  readonly min?: string;
  readonly max?: string;
  readonly value?: string;
  readonly name?: string;
}

/** An element with attributes and children; `text` becomes its text content. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Node[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'text') node.textContent = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** Sets the text if it is another one: an unchanged node costs no layout and is not announced again. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets an attribute if it is another one. */
export function setData(node: Element, name: string, value: string): void {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** Makes the children of a node paragraphs of these texts. */
export function setLines(node: Element, lines: readonly string[]): void {
  if (node.childElementCount !== lines.length) node.replaceChildren(...lines.map(() => element('p')));
  lines.forEach((line, i) => {
    setText(node.children[i]!, line);
  });
}
