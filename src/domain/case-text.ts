// What the customer may be told about a case, in plain sentences. Whoever sends it may change it; the figures are right.
import type { CasePreview } from './case-preview.ts';
import type { CaseKind } from './case.ts';
import type { NoteSettlement } from './credit-note-order.ts';
import { shownMoney } from './currency.ts';

const WHY: Readonly<Record<CaseKind, string>> = {
  duplicate_usage: 'Some of your usage was counted twice.',
  failed_output: 'Some of the work that you were charged for failed.',
  billing_error: 'There was a mistake on your invoice.',
  product_unsatisfactory: 'You were not satisfied with what you were charged for.',
  order_change: 'Your order has changed.',
  fraudulent: 'You were charged for something that you did not order.',
  goodwill: 'We are sorry for the trouble.',
  dispute: 'You disputed a charge.',
  refund: 'We looked at your refund.',
  correction: 'We corrected a mistake on your account.',
};

const WHERE: Readonly<Record<NoteSettlement, string>> = {
  refund: 'is refunded to the way you paid',
  customer_balance: 'is taken off your next invoice',
  out_of_band: 'is paid back to you outside of the invoice',
  reduce_due: 'is taken off what you still have to pay',
};

/** Sentences with the figures of the preview; zero figures are left out. */
export function customerText(
  kind: CaseKind,
  { money, credits }: Pick<CasePreview, 'money' | 'credits'>,
  settlement: NoteSettlement | null,
): string {
  const sentences = [WHY[kind]];
  if (money !== null && settlement !== null) sentences.push(...moneySentences(money, settlement));
  if (credits.granted !== '0') sentences.push(`${credits.granted} credits were added to your balance.`);
  if (credits.restored !== '0') sentences.push(`${credits.restored} credits are back in your balance.`);
  if (credits.overage !== '0') sentences.push(`${credits.overage} credits of overage will not be billed.`);
  if (credits.debt !== '0') sentences.push(`${credits.debt} credits that you owed are settled.`);
  if (credits.unfunded !== '0') sentences.push(`${credits.unfunded} credits of usage need not be paid.`);
  if (credits.clawedBack !== '0') sentences.push(`${credits.clawedBack} unspent credits ended with it.`);
  if (credits.takenBack !== '0')
    sentences.push(`${credits.takenBack} credits that were added by mistake were removed.`);
  return sentences.join(' ');
}

type Money = NonNullable<CasePreview['money']>;

function moneySentences({ currency, reducesDueMinor, givenBackMinor }: Money, settlement: NoteSettlement): string[] {
  const sentences: string[] = [];
  if (reducesDueMinor !== '0') sentences.push(`${shownMoney(BigInt(reducesDueMinor), currency)} ${WHERE.reduce_due}.`);
  if (givenBackMinor !== '0') sentences.push(`${shownMoney(BigInt(givenBackMinor), currency)} ${WHERE[settlement]}.`);
  return sentences;
}
