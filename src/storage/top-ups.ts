// Top-ups that were wanted, and what became of them. The pool's lock orders all decisions about one pool.
import type { CustomerKey } from '../domain/customer.ts';
import type { TopUpFacts } from '../domain/top-up.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

/** A lot stands for a paid invoice as soon as its credits are open. */
const IS_GRANTED = `exists (select from lots l where l.lane = t.lane and l.customer_id = t.customer_id
  and l.source_type = 'invoice_line' and l.source_id >= t.invoice_id || '/' and l.source_id < t.invoice_id || '0')`;

/** What a decision about one pool's next top-up depends on. */
export async function topUpFacts(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  { poolId, monthStart }: { readonly poolId: string; readonly monthStart: Date },
): Promise<TopUpFacts> {
  const [consent] = await query<{ consentId: string; monthlyCapMinor: bigint | null; isPaused: boolean }>(
    trx,
    `select consent_id as "consentId", monthly_cap_minor as "monthlyCapMinor", paused_at is not null as "isPaused"
     from top_up_consents where lane = $1 and customer_id = $2 and withdrawn_at is null`,
    [lane, customerId],
  );
  const [bought] = await query<Omit<TopUpFacts, 'consent'>>(
    trx,
    `select coalesce(bool_or(t.state = 'wanted' or (t.state = 'paid' and not ${IS_GRANTED})), false) as "isUnderWay",
       max(t.wanted_at) as "lastWantedAt",
       coalesce(sum(t.amount_minor) filter (where t.wanted_at >= $4 and (t.state <> 'failed' or ${IS_GRANTED})), 0)::bigint
         as "spentMinor"
     from top_ups t where t.lane = $1 and t.customer_id = $2 and t.pool_id = $3`,
    [lane, customerId, poolId, monthStart],
  );
  if (bought === undefined) throw new Error('the sum over top-ups returned no row');
  return { consent: consent ?? null, ...bought };
}

export interface NewTopUp {
  readonly topUpId: string;
  readonly poolId: string;
  readonly consentId: string;
  readonly packVersionId: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly wantedAt: Date;
}

/** Writes that a pack is wanted; the database refuses a second one while it is. */
export async function insertTopUp(trx: Transaction, { lane, customerId }: CustomerKey, topUp: NewTopUp): Promise<void> {
  const { topUpId, poolId, consentId, packVersionId, amountMinor, currency, wantedAt } = topUp;
  await execute(
    trx,
    `insert into top_ups (lane, customer_id, top_up_id, pool_id, consent_id, pack_version_id, amount_minor, currency,
       wanted_at, state)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'wanted')`,
    [lane, customerId, topUpId, poolId, consentId, packVersionId, amountMinor, currency, wantedAt],
  );
}

export interface TopUp extends NewTopUp {
  readonly state: 'wanted' | 'paid' | 'failed';
  readonly invoiceId: string | null;
  readonly hostedInvoiceUrl: string | null;
  readonly outcome: string | null;
  readonly endedAt: Date | null;
  readonly stripeCustomerId: string | null;
  readonly stripePriceId: string | null;
  readonly pack: string;
}

const TOP_UP = `select t.top_up_id as "topUpId", t.pool_id as "poolId", t.consent_id as "consentId",
  t.pack_version_id as "packVersionId", t.amount_minor as "amountMinor", t.currency, t.wanted_at as "wantedAt", t.state,
  t.invoice_id as "invoiceId", t.hosted_invoice_url as "hostedInvoiceUrl", t.outcome, t.ended_at as "endedAt",
  c.stripe_customer_id as "stripeCustomerId", v.stripe_price_id as "stripePriceId", v.pack
  from top_ups t join customers c on c.lane = t.lane and c.customer_id = t.customer_id
  join pack_versions v on v.pack_version_id = t.pack_version_id`;

/** One top-up with what its invoice needs. */
export async function readTopUp(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
  topUpId: string,
): Promise<TopUp> {
  const [row] = await query<TopUp>(
    on,
    `${TOP_UP} where t.lane = $1 and c.lane = $1 and t.customer_id = $2 and t.top_up_id = $3`,
    [lane, customerId, topUpId],
  );
  if (row === undefined) throw new Error(`there is no top-up ${topUpId}`);
  return row;
}

/** A customer's top-ups, the newest first. */
export async function listTopUps(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
  limit: number,
  after: string | null = null,
): Promise<readonly TopUp[]> {
  return query<TopUp>(
    on,
    `${TOP_UP} where t.lane = $1 and c.lane = $1 and t.customer_id = $2 and ($4::uuid is null
       or (t.wanted_at, t.top_up_id) < (select a.wanted_at, a.top_up_id from top_ups a
         where a.lane = $1 and a.customer_id = $2 and a.top_up_id = $4))
     order by t.wanted_at desc, t.top_up_id desc limit $3`,
    [lane, customerId, limit, after],
  );
}

export interface TopUpEnd {
  readonly state: 'paid' | 'failed';
  readonly invoiceId: string | null;
  readonly hostedInvoiceUrl: string | null;
  readonly outcome: string | null;
  readonly at: Date;
}

/** Ends a wanted top-up. */
export async function endTopUp(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  topUpId: string,
  { state, invoiceId, hostedInvoiceUrl, outcome, at }: TopUpEnd,
): Promise<void> {
  await execute(
    trx,
    `update top_ups set state = $4, invoice_id = $5, hosted_invoice_url = $6, outcome = $7, ended_at = $8
     where lane = $1 and customer_id = $2 and top_up_id = $3 and state = 'wanted'`,
    [lane, customerId, topUpId, state, invoiceId, hostedInvoiceUrl, outcome, at],
  );
}
