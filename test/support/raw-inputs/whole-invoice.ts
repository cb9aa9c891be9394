// A whole invoice: its lines, what is taken off them, tax, sums in the documented order, and what is due.
import { scaled } from '../priced-lines.ts';
import { credits, discounts, taxOf } from './deductions.ts';
import type { Commit, Inputs, Invoice } from './inputs.ts';
import { expectedLines, type Expected, type Planned } from './planned-lines.ts';

/** What is known of a draft from its beginning. */
export interface Draft {
  readonly plan: Planned[];
  /** Seconds; decides which grants reach it. */
  readonly periodEnd: number;
}

const sum = (amounts: readonly (bigint | number)[]): bigint =>
  amounts.reduce((total: bigint, amount) => total + BigInt(amount), 0n);

/** Where an invoice differs from what its draft comes to when it is finalized. */
export function wrongInvoice(inputs: Inputs, invoice: Invoice, final: Draft & { readonly commit: Commit }): string[] {
  const lines = expectedLines(inputs, invoice.customer as string, final.plan, final.commit);
  const said = invoice.lines.data;
  if (lines.length !== said.length) return [`it has ${said.length} lines, not ${lines.length}`];
  const { off, problems } = discounts(inputs, invoice, lines);
  const shares = credits(
    inputs,
    { invoice, periodEnd: final.periodEnd, commit: final.commit },
    lines.map((line, index) => ({
      price: line.isUsage ? line.price : undefined,
      open: line.amount - (off[index] ?? 0n),
    })),
  );
  const paid = lines.map((_, index) => sum(shares.filter(({ line }) => line === index).map(({ amount }) => amount)));
  const nets = lines.map(({ amount }, index) => amount - (off[index] ?? 0n) - (paid[index] ?? 0n));
  const taxes = lines.map(({ rates }, index) =>
    rates.map((rate) => ({ rate, amount: taxOf(nets[index] ?? 0n, rate) })),
  );
  const added = taxes.flat().flatMap(({ rate, amount }) => (rate.inclusive ? [] : [amount]));
  const sums = {
    subtotal: sum(lines.map(({ amount }) => amount)),
    total: sum(nets) + sum(added),
    total_excluding_tax: sum(nets) + sum(added) - sum(taxes.flat().map(({ amount }) => amount)),
    ...dueOf(inputs, invoice, sum(nets) + sum(added), final.commit),
  };
  return [
    ...problems,
    ...lines.flatMap((line, index) => wrongLine(line, said[index])),
    ...wrongCredits(inputs, invoice, shares, final.commit),
    ...taxes.flatMap((own, index) => {
      const says = (said[index]?.taxes ?? []).map(({ amount }) => amount).join(' + ');
      const is = own.map(({ amount }) => amount).join(' + ');
      return says === is ? [] : [`line ${index + 1} bears tax of ${says || 'nothing'}, not ${is || 'nothing'}`];
    }),
    ...Object.entries(sums).flatMap(([field, amount]) => {
      const says = BigInt(invoice[field as keyof typeof sums] ?? 0);
      return says === amount ? [] : [`${field} is ${says}, not ${amount}`];
    }),
  ];
}

function wrongLine(is: Expected, says: Invoice['lines']['data'][number] | undefined): string[] {
  const facts = {
    price: [says?.pricing?.price_details?.price, is.price],
    quantity: [scaled(says?.quantity_decimal ?? '0'), is.quantity],
    amount: [BigInt(says?.amount ?? 0), is.amount],
    start: [says?.period.start, is.start],
    end: [says?.period.end, is.end],
  };
  return Object.entries(facts).flatMap(([fact, [said, expected]]) =>
    said === expected ? [] : [`${fact} of ${says?.description ?? says?.id} is ${said}, not ${expected}`],
  );
}

/** The debits of grants that name the invoice, against those that the rules call for. */
function wrongCredits(
  { creditMoves }: Inputs,
  invoice: Invoice,
  shares: ReturnType<typeof credits>,
  commit: Commit,
): string[] {
  const now = new Set(commit.changes.map(([, id]) => id));
  const lineIds = invoice.lines.data.map(({ id }) => id);
  const moves = [...creditMoves.values()].flat().filter(({ id }) => now.has(id));
  const said = moves.flatMap(({ credit_grant: grant, debit }) =>
    debit?.credits_applied?.invoice === invoice.id
      ? [`${grant} ${lineIds.indexOf(debit.credits_applied.invoice_line_item)} ${debit.amount.monetary?.value}`]
      : [],
  );
  const onLines = invoice.lines.data.flatMap(({ pretax_credit_amounts: amounts }, line) =>
    (amounts ?? []).flatMap(({ type, amount }) => (type === 'discount' ? [] : [`${line} ${amount}`])),
  );
  const expected = shares.map(({ grant, line, amount }) => `${grant} ${line} ${amount}`);
  const problems = [
    ...said.filter((one) => !expected.includes(one)).map((one) => `credits ${one} no rule calls for`),
    ...expected.filter((one) => !said.includes(one)).map((one) => `credits ${one} are missing`),
  ];
  const worth = shares.map(({ line, amount }) => `${line} ${amount}`);
  if (String(onLines) !== String(worth))
    problems.push(`its lines show the credits ${onLines.join()}, not ${worth.join()}`);
  return problems;
}

/** The least that can be charged, in minor units. */
const LEAST: Readonly<Record<string, bigint>> = {
  usd: 50n,
  eur: 50n,
  gbp: 30n,
  jpy: 50n,
  cad: 50n,
  aud: 50n,
  chf: 50n,
  nzd: 50n,
};

/** The customer's balance is the sum of its transactions; what is too little to charge is owed with the next invoice. */
function dueOf({ balanceMoves }: Inputs, invoice: Invoice, total: bigint, commit: Commit) {
  const now = new Set(commit.changes.map(([, id]) => id));
  const moves = balanceMoves.get(invoice.customer as string) ?? [];
  const first = moves.findIndex(({ id, invoice: of }) => now.has(id) && of === invoice.id);
  const balance = sum(moves.slice(0, first < 0 ? moves.length : first).map(({ amount }) => amount));
  const net = total + balance;
  const isTooLittle = net > 0n && commit.positions.tooSmallMovesToBalance && net < (LEAST[invoice.currency] ?? 0n);
  const due = net > 0n && !isTooLittle ? net : 0n;
  return { starting_balance: balance, ending_balance: net - due, amount_due: due };
}
