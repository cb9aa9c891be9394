// One database belongs to one Stripe account and mode, from its first start on.
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface Deployment {
  readonly account: string;
  readonly livemode: boolean;
  readonly sandbox: boolean;
}

const stamps = new WeakMap<object, Deployment>();

/** Whose database this is; null before it was stamped. Asked again only until then: a stamp never changes. */
export async function readDeployment(db: Database | Transaction): Promise<Deployment | null> {
  const known = stamps.get(db);
  if (known !== undefined) return known;
  const [row] = await query<Deployment>(db, `select stripe_account as account, livemode, sandbox from deployment`);
  if (row !== undefined && db.isTransaction !== true) stamps.set(db, row);
  return row ?? null;
}

/** Stamps an unstamped database and returns whose it is: the first stamp stays. */
export async function stampOnce(db: Database | Transaction, deployment: Deployment): Promise<Deployment> {
  await execute(
    db,
    `insert into deployment (stripe_account, livemode, sandbox, first_mode, stamped_at)
     values ($1, $2, $3, $4, clock_timestamp()) on conflict (only_row) do nothing`,
    // Nobody's real customers are charged before somebody has said so.
    [deployment.account, deployment.livemode, deployment.sandbox, deployment.livemode ? 'observe' : 'enforce'],
  );
  const stamped = await readDeployment(db);
  if (stamped === null) throw new Error('the deployment row is missing after it was written');
  return stamped;
}
