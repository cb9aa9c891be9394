// Who agreed to automatic top-ups, to which text, and who took it back. Rows are kept; one at most is in force.
import type { CustomerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface TopUpConsent {
  readonly consentId: string;
  readonly acceptedBy: string;
  /** Hash of the text that was shown, by whoever showed it. */
  readonly textHash: string;
  readonly monthlyCapMinor: bigint | null;
  readonly acceptedAt: Date;
  readonly pausedAt: Date | null;
  readonly pausedBecause: string | null;
}

/** The consent in force; null where nobody gave one. */
export async function topUpConsent(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
): Promise<TopUpConsent | null> {
  const [row] = await query<TopUpConsent>(
    on,
    `select consent_id as "consentId", accepted_by as "acceptedBy", text_hash as "textHash",
       monthly_cap_minor as "monthlyCapMinor", accepted_at as "acceptedAt", paused_at as "pausedAt",
       paused_because as "pausedBecause"
     from top_up_consents where lane = $1 and customer_id = $2 and withdrawn_at is null`,
    [lane, customerId],
  );
  return row ?? null;
}

/** Records a consent in place of the one in force. */
export async function storeConsent(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  consent: Omit<TopUpConsent, 'pausedAt' | 'pausedBecause'>,
): Promise<void> {
  const { consentId, acceptedBy, textHash, monthlyCapMinor, acceptedAt } = consent;
  await withdrawConsent(trx, { lane, customerId }, { by: acceptedBy, at: acceptedAt });
  await execute(
    trx,
    `insert into top_up_consents (lane, customer_id, consent_id, accepted_by, text_hash, monthly_cap_minor, accepted_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [lane, customerId, consentId, acceptedBy, textHash, monthlyCapMinor, acceptedAt],
  );
}

/** Ends the consent in force; false where there is none. */
export async function withdrawConsent(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  { by, at }: { readonly by: string; readonly at: Date },
): Promise<boolean> {
  const ended = await execute(
    trx,
    `update top_up_consents set withdrawn_by = $3, withdrawn_at = $4
     where lane = $1 and customer_id = $2 and withdrawn_at is null`,
    [lane, customerId, by, at],
  );
  return ended > 0;
}

/** Stops top-ups until a person goes on. */
export async function pauseConsent(
  trx: Transaction,
  { lane, customerId }: CustomerKey,
  { because, at }: { readonly because: string; readonly at: Date },
): Promise<void> {
  await execute(
    trx,
    `update top_up_consents set paused_at = $3, paused_because = $4
     where lane = $1 and customer_id = $2 and withdrawn_at is null and paused_at is null`,
    [lane, customerId, at, because],
  );
}

/** Lets top-ups go on; false where nothing was paused. */
export async function resumeConsent(trx: Transaction, { lane, customerId }: CustomerKey): Promise<boolean> {
  const resumed = await execute(
    trx,
    `update top_up_consents set paused_at = null, paused_because = null
     where lane = $1 and customer_id = $2 and withdrawn_at is null and paused_at is not null`,
    [lane, customerId],
  );
  return resumed > 0;
}
