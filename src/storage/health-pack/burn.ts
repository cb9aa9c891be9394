import type { Database } from '../database.ts';
import { query } from '../query.ts';
import { STOOD_USE } from './stood-use.ts';

export interface BurnedCredits {
  readonly feature: string;
  readonly action: string;
  readonly uses: number;
  readonly credits: bigint;
  readonly previous: bigint;
}

/** Uses of a span that stood and what they burned, by action, with those of the span before. */
export async function burnedCredits(
  db: Database,
  { before, from, until }: { readonly before: Date; readonly from: Date; readonly until: Date },
): Promise<readonly BurnedCredits[]> {
  return query<BurnedCredits>(
    db,
    `select feature, action, (count(*) filter (where at >= $3))::int as uses,
       coalesce(sum(credits) filter (where at >= $3), 0)::bigint as credits,
       coalesce(sum(credits) filter (where at < $3), 0)::bigint as previous
     from (${STOOD_USE}) used
     group by feature, action order by credits desc, feature, action`,
    [before, until, from],
  );
}
