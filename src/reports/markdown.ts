// A report as Markdown. A chart is its sentence: the table below it has the figures.
import type { Block, Cell, Report } from './document.ts';

export function reportMarkdown({ title, mode, subtitle, verdict, sections, foot }: Report): string {
  const lines = [
    `# ${escaped(title)}`,
    ...(mode === '' ? [] : [`**${mode}**`]),
    escaped(subtitle),
    ...(verdict === null ? [] : [`> **${verdict.word.toUpperCase()}** – ${escaped(verdict.sentence)}`]),
    ...sections.flatMap((section) => [`## ${escaped(section.title)}`, ...section.blocks.map(blockOf)]),
    '---',
    escaped(foot),
  ];
  return `${lines.join('\n\n')}\n`;
}

function blockOf(block: Block): string {
  switch (block.kind) {
    case 'text':
      return escaped(block.text);
    case 'list':
      return block.items.map((item) => `- ${escaped(item)}`).join('\n');
    case 'not enough data':
      return `*Not enough data.* ${escaped(block.because)}`;
    case 'chart':
      return `**${escaped(block.sentence)}**`;
    case 'table':
      return [
        `${escaped(block.caption)}:`,
        '',
        row(block.columns.map(({ name }) => name)),
        `| ${block.columns.map(({ numeric }) => (numeric === true ? '--:' : '---')).join(' | ')} |`,
        ...block.rows.map((cells) => row(cells)),
      ].join('\n');
  }
}

function row(cells: readonly Cell[]): string {
  const shown = cells.map((cell) => {
    if (typeof cell === 'string') return escaped(cell);
    return 'picture' in cell ? escaped(cell.text) : `**${escaped(cell.text)}**`;
  });
  return `| ${shown.join(' | ')} |`;
}

/** Names that customers gave must not become markup. */
function escaped(words: string): string {
  return words.replaceAll(/[\\`*_[\]<>|#]/g, String.raw`\$&`).replaceAll(/\s+/g, ' ');
}
