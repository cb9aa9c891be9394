// Elements as values: what a person or a server wrote only ever becomes text.
export type Child = Node | string | null | readonly Child[];
type Attributes = Readonly<Record<string, string | number | boolean | ((event: Event) => void)>>;

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(key, value);
    else if (value === true) made.setAttribute(key, '');
    else if (value !== false) made.setAttribute(key, String(value));
  }
  append(made, children);
  return made;
}

function append(to: Node, children: readonly Child[]): void {
  for (const child of children) {
    if (child === null) continue;
    if (typeof child === 'string' || child instanceof Node) to.appendChild(asNode(child));
    else append(to, child);
  }
}

function asNode(child: Node | string): Node {
  return typeof child === 'string' ? document.createTextNode(child) : child;
}

/** A table with its caption for readers of screens, in a box that scrolls on a phone. */
export function table(caption: string, head: readonly string[], rows: readonly (readonly Child[])[]): HTMLElement {
  return element(
    'div',
    { class: 'wide', tabindex: 0, role: 'group', 'aria-label': caption },
    element(
      'table',
      {},
      element('caption', {}, caption),
      element('thead', {}, element('tr', {}, ...head.map((text) => element('th', { scope: 'col' }, text)))),
      element(
        'tbody',
        {},
        ...rows.map(([first, ...cells]) =>
          element(
            'tr',
            {},
            element('th', { scope: 'row' }, first ?? ''),
            ...cells.map((cell) => element('td', {}, cell)),
          ),
        ),
      ),
    ),
  );
}
