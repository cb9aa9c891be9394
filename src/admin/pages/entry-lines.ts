// An entry as accountants read it: debits and credits of each account, which are equal, and the seal over its day.
import type { EntryExplanation } from '../../operations/explain-entry.ts';
import type { SealOfDay } from '../../operations/finance/browse-ledger.ts';
import { credits, creditsText, money, moneyText } from '../figures.ts';
import { code, type Markup, p, span } from '../markup.ts';
import { panel, rows, tag } from '../parts.ts';
import { accountWords } from '../words.ts';

interface Line {
  readonly account: string;
  readonly unit: string;
  readonly isCredit: boolean;
  readonly debit: bigint;
  readonly credit: bigint;
}

export function balancedLines({ postings }: EntryExplanation): Markup {
  const lines = linesOf(postings);
  const figure = (value: bigint, { isCredit, unit }: Line): Markup => {
    if (value === 0n) return null;
    return isCredit ? credits(value) : money(value, unit);
  };
  return panel(
    'Debits and credits',
    rows<Line>(
      'Balanced lines',
      [
        { name: 'Account', show: ({ account }) => accountWords(account) },
        { name: 'Debit', numeric: true, show: (line) => figure(line.debit, line) },
        { name: 'Credit', numeric: true, show: (line) => figure(line.credit, line) },
      ],
      lines,
    ),
    ...[...Map.groupBy(lines, ({ unit }) => unit)].map(([unit, own]) => balanceSentence(unit, own)),
  );
}

function linesOf(postings: EntryExplanation['postings']): readonly Line[] {
  const lines = new Map<string, Line>();
  const add = (
    account: string,
    side: 'debit' | 'credit',
    { unit, isCredit, amount }: (typeof postings)[number],
  ): void => {
    const key = `${account} ${unit}`;
    const line = lines.get(key) ?? { account, unit, isCredit, debit: 0n, credit: 0n };
    lines.set(key, { ...line, [side]: line[side] + amount });
  };
  for (const posting of postings) {
    add(posting.to, 'debit', posting);
    add(posting.from, 'credit', posting);
  }
  return [...lines.values()];
}

function balanceSentence(unit: string, lines: readonly Line[]): Markup {
  const sum = (side: 'debit' | 'credit'): bigint => lines.reduce((total, line) => total + line[side], 0n);
  const shown = (value: bigint): string =>
    lines.some(({ isCredit }) => isCredit) ? `${creditsText(value)} ${unit}` : moneyText(value, unit);
  return p({ class: 'hint' }, `Both sides come to the same: ${shown(sum('debit'))} = ${shown(sum('credit'))}.`);
}

/** Proved anew each time it is looked at. */
export function sealLine({ day, hash, holds }: SealOfDay): Markup {
  if (hash === null)
    return p({ class: 'seal' }, tag('not sealed yet'), ` The entries of ${day} are sealed the night after it.`);
  return p(
    { class: 'seal' },
    holds ? tag('✓ seal holds', 'good') : tag('✕ seal broken', 'bad'),
    holds
      ? ` What was recorded on ${day} is what was sealed: `
      : ` What stands in the database for ${day} is not what was sealed; run ledger verify. Sealed: `,
    span({ title: hash }, code(null, `${hash.slice(0, 16)}…`)),
  );
}
