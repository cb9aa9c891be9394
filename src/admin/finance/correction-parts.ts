// The entry of a correction, as both who asks and who agrees see it.
import { toWireId } from '../../contract/ids.ts';
import type { Correction } from '../../domain/correction.ts';
import type { MovedAccount } from '../../operations/corrections/preview-correction.ts';
import { accounting, dayText, moneyText } from '../figures.ts';
import type { Markup } from '../markup.ts';
import { p } from '../markup.ts';
import { panel, rows } from '../parts.ts';
import { accountWords } from '../words.ts';

export function correctionPath(correctionId: string): string {
  return `/finance/corrections/${toWireId('correction', correctionId)}`;
}

type Entry = Pick<Correction, 'debit' | 'credit' | 'amountMinor' | 'currency' | 'effectiveAt' | 'note'>;

/** Debit and credit, dated. */
export function entryLines({ debit, credit, amountMinor, currency, effectiveAt, note }: Entry): Markup {
  const amount = moneyText(amountMinor, currency);
  return panel(
    'The entry',
    rows<readonly [string, string, string]>(
      'Lines of the entry',
      [
        { name: 'Account', show: ([account]) => account },
        { name: 'Debit', numeric: true, show: ([, side]) => side },
        { name: 'Credit', numeric: true, show: ([, , side]) => side },
      ],
      [
        [accountWords(debit), amount, ''],
        [accountWords(credit), '', amount],
      ],
    ),
    p({ class: 'hint' }, `Dated ${effectiveAt === null ? 'when it is posted' : dayText(effectiveAt)}. ${note}`),
  );
}

export function movedAccounts({
  accounts,
  currency,
}: {
  readonly accounts: readonly MovedAccount[];
  readonly currency: string;
}): Markup {
  return panel(
    'What the customer’s accounts come to',
    rows<MovedAccount>(
      'Accounts before and after',
      [
        { name: 'Account', show: ({ account }) => accountWords(account) },
        { name: 'Now', numeric: true, show: ({ beforeMinor }) => accounting(beforeMinor, currency) },
        { name: 'Then', numeric: true, show: ({ afterMinor }) => accounting(afterMinor, currency) },
      ],
      accounts,
    ),
  );
}
