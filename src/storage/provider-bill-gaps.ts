// What each month of a provider's bills came to against the uses, as it was last looked at.
import type { MonthGap } from '../domain/provider-bill.ts';
import type { Database } from './database.ts';
import { execute, query } from './query.ts';

export interface KeptGap extends MonthGap {
  readonly provider: string;
  /** `2026-04` */
  readonly month: string;
}

/** Providers that billed for a day of this month. */
export async function providersBilledIn(db: Database, month: string): Promise<readonly string[]> {
  const rows = await query<{ provider: string }>(
    db,
    `select distinct provider from provider_bills
     where first_day < ($1::date + interval '1 month')::date and last_day >= $1::date order by 1`,
    [`${month}-01`],
  );
  return rows.map(({ provider }) => provider);
}

export async function saveGap(db: Database, gap: KeptGap, at: Date): Promise<void> {
  await execute(
    db,
    `insert into provider_bill_gaps (provider, month, currency, billed_nano, told_nano, without_usage_nano, apart_nano,
       is_open, looked_at)
     values ($1, $2::date, $3, $4, $5, $6, $7, $8, $9)
     on conflict (provider, month, currency) do update set billed_nano = excluded.billed_nano,
       told_nano = excluded.told_nano, without_usage_nano = excluded.without_usage_nano,
       apart_nano = excluded.apart_nano, is_open = excluded.is_open, looked_at = excluded.looked_at`,
    [
      gap.provider,
      `${gap.month}-01`,
      gap.currency,
      gap.billedNano,
      gap.toldNano,
      gap.withoutUsageNano,
      gap.apartNano,
      gap.isOpen,
      at,
    ],
  );
}

/** The newest months first, in each the widest gap. */
export async function listGaps(db: Database, limit: number): Promise<readonly KeptGap[]> {
  return query<KeptGap>(
    db,
    `select provider, to_char(month, 'YYYY-MM') as month, currency, billed_nano as "billedNano", told_nano as "toldNano",
       without_usage_nano as "withoutUsageNano", apart_nano as "apartNano", is_open as "isOpen"
     from provider_bill_gaps order by month desc, apart_nano desc, provider limit $1`,
    [limit],
  );
}
