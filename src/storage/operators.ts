// Operators: the people who work here. Nobody is deleted: their acts keep their names.
import type { Operator, Role } from '../domain/operator.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface StoredOperator extends Operator {
  readonly createdAt: Date;
}

export async function findOperator(db: Database | Transaction, subject: string): Promise<StoredOperator | null> {
  const [row] = await query<StoredOperator>(db, `${SELECT} where subject = $1`, [subject]);
  return row ?? null;
}

/** By subject or, where nobody has that subject, by e-mail address. */
export async function findOperatorByName(db: Database | Transaction, name: string): Promise<StoredOperator | null> {
  const [row] = await query<StoredOperator>(
    db,
    `${SELECT} where subject = $1 or (lower(email) = lower($1) and disabled_at is null)
     order by subject = $1 desc limit 1`,
    [name],
  );
  return row ?? null;
}

/** The row, which nobody changes until the transaction ends. */
export async function shareOperator(trx: Database | Transaction, subject: string): Promise<StoredOperator | null> {
  const [row] = await query<StoredOperator>(trx, `${SELECT} where subject = $1 for share`, [subject]);
  return row ?? null;
}

/** The row, locked until the transaction ends: who changes roles waits for who uses them. */
export async function lockOperator(trx: Transaction, subject: string): Promise<StoredOperator | null> {
  const [row] = await query<StoredOperator>(trx, `${SELECT} where subject = $1 for update`, [subject]);
  return row ?? null;
}

export async function listOperators(db: Database | Transaction): Promise<readonly StoredOperator[]> {
  return query<StoredOperator>(db, `${SELECT} order by disabled_at is not null, lower(name), subject`);
}

/** Stores a new person or what changed about him; roles are left as they stand. */
export async function saveOperator(
  trx: Transaction,
  person: Pick<StoredOperator, 'operatorId' | 'subject' | 'name' | 'email' | 'createdAt'>,
): Promise<void> {
  await execute(
    trx,
    `insert into operators (operator_id, subject, name, email, roles, created_at, changed_at)
     values ($1, $2, $3, $4, '{}', $5, $5)
     on conflict (subject) do update set name = excluded.name, email = excluded.email, changed_at = excluded.changed_at
     where (operators.name, operators.email) is distinct from (excluded.name, excluded.email)`,
    [person.operatorId, person.subject, person.name, person.email, person.createdAt],
  );
}

export async function changeOperator(
  trx: Transaction,
  subject: string,
  change: { readonly roles: readonly Role[]; readonly disabled: boolean; readonly at: Date },
): Promise<void> {
  await execute(
    trx,
    `update operators set roles = $2, changed_at = $4,
       disabled_at = case when $3::boolean then coalesce(disabled_at, $4) end
     where subject = $1`,
    [subject, change.roles, change.disabled, change.at],
  );
}

/** Owners who can still sign in, besides this one. */
export async function otherOwners(trx: Transaction, subject: string): Promise<number> {
  const [row] = await query<{ count: number }>(
    trx,
    `select count(*)::integer as count from operators
     where 'owner' = any (roles) and disabled_at is null and subject <> $1`,
    [subject],
  );
  return row?.count ?? 0;
}

const SELECT = `select operator_id as "operatorId", subject, name, email, roles, disabled_at is not null as disabled,
  created_at as "createdAt" from operators`;
