import { parseCredits } from '../../domain/amount.ts';
// What a case does, in three blocks: Money, Credits, Books; and the text that the customer gets.
import type { BookMovement, CasePreview, MoneyPreview } from '../../domain/case-preview.ts';
import { credits, creditsText, money, moneyText } from '../figures.ts';
import { dd, div, dl, dt, group, type Markup, p, pre } from '../markup.ts';
import { panel, rows } from '../parts.ts';
import { accountWords } from '../words.ts';

export function previewBlocks(preview: CasePreview, before: CasePreview | null = null): Markup {
  return group(
    div(
      { class: 'columns three preview' },
      panel('Money', moneyBlock(preview.money)),
      panel('Credits', creditsBlock(preview)),
      panel('Books', booksBlock(preview.books)),
    ),
    panel('What the customer will read', pre({ class: 'letter', tabIndex: 0 }, preview.customerText)),
    before === null ? null : panel('As it was asked for', p(null, before.customerText)),
  );
}

type Row = readonly [name: string, value: Markup];

function figures(all: readonly (Row | null)[]): Markup {
  const shown = all.filter((row) => row !== null);
  return dl({ class: 'sums' }, ...shown.map(([name, value]) => div(null, dt(null, name), dd(null, value))));
}

const SETTLED = {
  refund: 'Refunded to the way it was paid',
  customer_balance: 'To the customer’s balance at Stripe',
  out_of_band: 'Paid back outside Stripe',
  reduce_due: 'Less to pay',
} as const;

function moneyBlock(preview: MoneyPreview | null): Markup {
  if (preview === null) return p({ class: 'empty' }, 'No money moves.');
  const { currency, totalMinor, taxMinor, reducesDueMinor, givenBackMinor, settlement, lines } = preview;
  const amount = (minor: string): Markup => money(BigInt(minor), currency);
  const row = (name: string, minor: string): Row | null => (minor === '0' ? null : [name, amount(minor)]);
  return group(
    figures([
      ['Credit note', amount(totalMinor)],
      row('of it tax', taxMinor),
      row('Taken off what is still to pay', reducesDueMinor),
      row(SETTLED[settlement], givenBackMinor),
    ]),
    rows<MoneyPreview['lines'][number]>(
      'Lines of the credit note',
      [
        { name: 'Line', show: ({ description, line }) => description ?? line },
        { name: 'Amount', numeric: true, show: ({ amountMinor }) => amount(amountMinor) },
        { name: 'Of creditable', numeric: true, show: ({ creditableMinor }) => amount(creditableMinor) },
      ],
      lines,
    ),
  );
}

const CREDIT_ROWS = [
  ['restored', 'Back in the balance'],
  ['granted', 'Newly given'],
  ['overage', 'Overage that will not be billed'],
  ['debt', 'Debt settled'],
  ['unfunded', 'Usage that need not be paid'],
  ['byMoney', 'Comes back as money instead'],
  ['clawedBack', 'Unspent credits that end'],
  ['takenBack', 'Unspent credits taken back'],
] as const;

function creditsBlock({ credits: told }: CasePreview): Markup {
  const moved = CREDIT_ROWS.filter(([name]) => told[name] !== '0');
  if (moved.length === 0) return p({ class: 'empty' }, 'No credits move; what was used stays charged.');
  return figures(moved.map(([name, words]) => [words, credits(micro(told[name]))]));
}

function micro(text: string): bigint {
  const amount = parseCredits(text);
  if (amount === null) throw new Error(`a preview says ${text} credits`);
  return amount;
}

function booksBlock(books: readonly BookMovement[]): Markup {
  if (books.length === 0) return p({ class: 'empty' }, 'Nothing is posted.');
  return rows<BookMovement>(
    'Entries in the books',
    [
      { name: 'From', show: ({ from }) => accountWords(from) },
      { name: 'To', show: ({ to }) => accountWords(to) },
      { name: 'Amount', numeric: true, show: ({ amount, unit }) => shownAmount(amount, unit) },
    ],
    books,
  );
}

function shownAmount(amount: string, unit: string): Markup {
  return unit === 'credits' ? credits(micro(amount)) : money(BigInt(amount), unit);
}

/** "USD 40.00" or "500 credits", or both: for a button and a list. */
export function givenText({ money: moved, credits: told }: CasePreview): string {
  const parts = [
    ...(moved === null ? [] : [moneyText(BigInt(moved.totalMinor), moved.currency)]),
    ...(told.given === '0' ? [] : [`${creditsText(micro(told.given))} credits`]),
  ];
  return parts.length === 0 ? 'nothing' : parts.join(' and ');
}
