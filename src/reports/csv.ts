// Every table of a report as one CSV: a line for each figure, with where it stands.
import type { Cell, Report } from './document.ts';

const COLUMNS = ['section', 'table', 'row', 'column', 'value'] as const;

/** RFC 4180 with CRLF. Text that a spreadsheet would run as a formula is guarded; figures are written as they read. */
export function reportCsv({ sections }: Pick<Report, 'sections'>): string {
  const lines: (readonly string[])[] = [COLUMNS];
  for (const { title, blocks } of sections) {
    for (const block of blocks) {
      if (block.kind !== 'table') continue;
      for (const row of block.rows) {
        const [first = ''] = row;
        for (const [at, cell] of row.entries()) {
          if (at === 0 && row.length > 1) continue;
          lines.push([title, block.caption, textOf(first), block.columns[at]?.name ?? '', textOf(cell)]);
        }
      }
    }
  }
  return lines.map((line) => `${line.map(quoted).join(',')}\r\n`).join('');
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

function quoted(text: string): string {
  const safe = /^[=+@\t\r]|^-(?![\d.])/.test(text) && !/^[+-][A-Z\d]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
