// What the reference pages share: how a table and a heading are written in Markdown.

const GENERATED = '<!-- Written by `npm run docs:reference` from the code; do not edit. -->';

/** A table; the columns are as wide as they are. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`).replaceAll(/\s*\n\s*/g, ' ');
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** Plain words: what would be read as a tag is shown as it is. */
export function plain(text: string): string {
  return text.replaceAll('<', '&lt;');
}

export function page(title: string, ...parts: readonly string[]): string {
  return `${[`# ${title}`, GENERATED, ...parts].join('\n\n')}\n`;
}
