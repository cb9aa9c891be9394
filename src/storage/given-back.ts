import { noteLineNet, noteLineTotal } from '../domain/credit-note.ts';
// What went back of an invoice's money, or may go back, and the lots that its lines brought.
import type { CustomerKey } from '../domain/customer.ts';
import { standOf } from '../domain/dispute.ts';
import type { GivenBack, SoldLine } from '../domain/given-back.ts';
import { sum } from '../domain/money-postings.ts';
import { isGoing } from '../domain/refund.ts';
import { creditNotesOfInvoice, type StoredNote } from './credit-notes.ts';
import type { Transaction } from './database.ts';
import { listDisputes } from './disputes.ts';
import { inStep } from './in-step.ts';
import { queryEach } from './query-each.ts';
import { query } from './query.ts';
import { listRefunds } from './refunds.ts';

export interface MoneyBack {
  /** Gone for good, as things stand, in the order of their times. */
  readonly given: readonly GivenBack[];
  /** Open disputes: it may come back. */
  readonly disputed: readonly GivenBack[];
}

/** Credit notes that stand, the part of refunds that no note accounts for, and disputes. */
export async function moneyBack(trx: Transaction, key: CustomerKey, invoiceId: string): Promise<MoneyBack> {
  const notes = await creditNotesOfInvoice(trx, key, invoiceId);
  const refunds = await listRefunds(trx, key, invoiceId);
  const disputes = await listDisputes(trx, key, invoiceId);
  const noted = notes.filter(({ status }) => status !== 'void').flatMap(partsOf);
  const unnoted = refunds
    .filter((refund) => isGoing(refund) && refund.amountMinor > refund.notedMinor)
    .map(({ refundId, createdAt, amountMinor, notedMinor }): GivenBack => {
      const source = { sourceType: 'stripe_refund', sourceId: refundId } as const;
      return { ...source, at: createdAt, amountMinor: amountMinor - notedMinor, byLine: null };
    });
  const ofDisputes = (stand: 'open' | 'lost'): readonly GivenBack[] =>
    disputes
      .filter(({ status }) => standOf(status) === stand)
      .map(({ disputeId, createdAt, closedAt, amountMinor }) => {
        const source = { sourceType: 'stripe_dispute', sourceId: disputeId } as const;
        return { ...source, at: closedAt ?? createdAt, amountMinor, byLine: null };
      });
  return {
    given: [...noted, ...unnoted, ...ofDisputes('lost')].toSorted((a, b) => a.at.getTime() - b.at.getTime()),
    disputed: ofDisputes('open'),
  };
}

/** What a note gives back of the lines that it names, and what of no line. */
function partsOf({ creditNoteId, createdAt, totalMinor, lines }: StoredNote): readonly GivenBack[] {
  const named = lines.flatMap((line) => (line.invoiceLineId === null ? [] : [[line.invoiceLineId, line] as const]));
  const byLine = new Map<string, bigint>();
  for (const [lineId, line] of named) byLine.set(lineId, (byLine.get(lineId) ?? 0n) + noteLineNet(line));
  const namedMinor = sum(named.map(([, line]) => noteLineTotal(line)));
  const note = { sourceType: 'stripe_credit_note', sourceId: creditNoteId, at: createdAt } as const;
  const unnamed = { ...note, amountMinor: totalMinor - namedMinor, byLine: null };
  return [
    ...(named.length === 0 ? [] : [{ ...note, amountMinor: namedMinor, byLine }]),
    ...(unnamed.amountMinor > 0n ? [unnamed] : []),
  ];
}

/** Whether any money of an invoice went back, or is disputed. */
export const isMoneyBack = inStep(
  async (trx: Transaction, asks: readonly (readonly [key: CustomerKey, invoiceId: string])[]) => {
    const found = await queryEach<{ isBack: boolean }>(
      trx,
      {
        sql: `select exists (select from credit_notes where lane = $1 and customer_id = $2 and invoice_id = $3)
            or exists (select from refunds where lane = $1 and customer_id = $2 and invoice_id = $3)
            or exists (select from disputes where lane = $1 and customer_id = $2 and invoice_id = $3) as "isBack"`,
        types: ['smallint', 'uuid', 'text'],
      },
      asks.map(([{ lane, customerId }, invoiceId]) => [lane, customerId, invoiceId]),
    );
    return found.map(([row]) => row?.isBack ?? true);
  },
);

/** The lines of an invoice that ask for money. */
export async function soldLines(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  invoiceId: string,
): Promise<readonly SoldLine[]> {
  return query<SoldLine>(
    trx,
    `select line_id as "lineId", kind, amount_minor - discounts_minor - credits_applied_minor - inclusive as "netMinor",
       amount_minor - discounts_minor - credits_applied_minor - inclusive + tax_minor as "totalMinor"
     from invoice_lines l
     cross join lateral (
       select coalesce(sum((t ->> 'amount')::bigint), 0)::bigint as inclusive
       from jsonb_array_elements(case when jsonb_typeof(l.object -> 'taxes') = 'array' then l.object -> 'taxes' end) t
       where t ->> 'tax_behavior' = 'inclusive') tax
     where lane = $1 and customer_id = $2 and invoice_id = $3 order by position`,
    [lane, customerId, invoiceId],
  );
}

/** A lot that came with a line: bought by it, or included in the fee of a period that the line pays for. */
export interface LotOfLine {
  readonly lotId: string;
  readonly lineId: string;
  readonly isBought: boolean;
  readonly granted: bigint;
  readonly clawedBack: bigint;
}

export async function lotsOfInvoice(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  invoiceId: string,
): Promise<readonly LotOfLine[]> {
  return query<LotOfLine>(
    trx,
    `with sold as (
       select l.lot_id, split_part(l.source_id, '/', 2) as line_id, true as is_bought, l.granted
       from lots l where l.lane = $1 and l.customer_id = $2 and l.source_type = 'invoice_line'
         and starts_with(l.source_id, $3 || '/')
       union all
       select l.lot_id, n.line_id, false, l.granted
       from invoice_lines n
       join invoices i on i.lane = n.lane and i.customer_id = n.customer_id and i.invoice_id = n.invoice_id
       join billing_periods p on p.lane = n.lane and p.customer_id = n.customer_id
         and p.subscription_id = i.subscription_id and p.starts_at >= n.period_start and p.starts_at < n.period_end
       join lots l on l.lane = p.lane and l.customer_id = p.customer_id and l.billing_period_id = p.billing_period_id
         and l.source = 'included'
       where n.lane = $1 and n.customer_id = $2 and n.invoice_id = $3 and n.kind = 'base' and n.amount_minor > 0
     )
     select lot_id as "lotId", line_id as "lineId", is_bought as "isBought", granted, coalesce((
         select sum(case when p.to_kind = 'clawed_back' then p.amount else -p.amount end) from postings p
         where p.lane = $1 and p.customer_id = $2 and p.lot_id = sold.lot_id
           and (p.to_kind = 'clawed_back' or p.from_kind = 'clawed_back')), 0)::bigint as "clawedBack"
     from sold order by lot_id`,
    [lane, customerId, invoiceId],
  );
}

export interface OwedForDispute {
  readonly poolId: string;
  readonly disputeId: string;
  readonly sourceId: string;
  readonly amount: bigint;
}

/** Spent credits that became debt for disputes of the invoice which are not lost any more, and are not forgiven yet. */
export async function owedForOthers(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  { invoiceId, lost }: { readonly invoiceId: string; readonly lost: readonly string[] },
): Promise<readonly OwedForDispute[]> {
  return query<OwedForDispute>(
    trx,
    `select p.from_pool_id as "poolId", e.stripe ->> 'dispute' as "disputeId", e.source_id as "sourceId", p.amount
     from journal_entries e
     join postings p on p.lane = e.lane and p.customer_id = e.customer_id and p.entry_id = e.entry_id
     where e.lane = $1 and e.customer_id = $2 and e.source_type = 'stripe_dispute' and e.kind = 'debt.clawed_back'
       and e.stripe ->> 'invoice' = $3 and e.stripe ->> 'dispute' <> all ($4::text[])
       and not exists (select from journal_entries f where f.lane = $1 and f.customer_id = $2
         and f.source_type = 'stripe_dispute' and f.source_id = e.source_id and f.kind = 'debt.forgiven')`,
    [lane, customerId, invoiceId, lost],
  );
}
