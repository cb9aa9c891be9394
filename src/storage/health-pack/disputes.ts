import type { Database } from '../database.ts';
import { query } from '../query.ts';

export interface DisputesByReason {
  readonly reason: string;
  readonly currency: string;
  readonly disputes: number;
  readonly minor: bigint;
}

/** Disputes that banks opened in a span. */
export async function disputesByReason(db: Database, from: Date, until: Date): Promise<readonly DisputesByReason[]> {
  return query<DisputesByReason>(
    db,
    `select reason, currency, count(*)::int as disputes, sum(amount_minor)::bigint as minor
     from disputes where lane between 0 and 63 and created_at >= $1 and created_at < $2
     group by 1, 2 order by minor desc, reason, currency`,
    [from, until],
  );
}

/** How banks decided in a span. */
export async function decidedDisputes(
  db: Database,
  from: Date,
  until: Date,
): Promise<{ readonly won: number; readonly lost: number }> {
  const [row] = await query<{ won: number; lost: number }>(
    db,
    `select (count(*) filter (where status = 'won'))::int as won, (count(*) filter (where status = 'lost'))::int as lost
     from disputes where lane between 0 and 63 and closed_at >= $1 and closed_at < $2`,
    [from, until],
  );
  return row ?? { won: 0, lost: 0 };
}

export interface Theme {
  readonly theme: string;
  readonly cases: number;
  readonly previous: number;
}

/** What cases were opened for, with the span before. */
export async function caseThemes(
  db: Database,
  { before, from, until }: { readonly before: Date; readonly from: Date; readonly until: Date },
): Promise<readonly Theme[]> {
  return query<Theme>(
    db,
    `select kind as theme, (count(*) filter (where opened_at >= $2))::int as cases,
       (count(*) filter (where opened_at < $2))::int as previous
     from cases where lane between 0 and 63 and opened_at >= $1 and opened_at < $3
     group by 1 order by cases desc, previous desc, theme`,
    [before, from, until],
  );
}
