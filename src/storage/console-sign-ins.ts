// What waits for a person to come back: printed links, and round trips to the OpenID provider.
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export async function insertSignInLink(
  trx: Transaction,
  link: { readonly tokenHash: Buffer; readonly subject: string; readonly createdAt: Date; readonly expiresAt: Date },
): Promise<void> {
  await execute(
    trx,
    `insert into console_sign_in_links (token_hash, subject, created_at, expires_at) values ($1, $2, $3, $4)`,
    [link.tokenHash, link.subject, link.createdAt, link.expiresAt],
  );
}

/** Whom a link would sign in now; null when it is unknown, used or too old. */
export async function peekSignInLink(db: Database, tokenHash: Buffer): Promise<string | null> {
  const [row] = await query<{ subject: string }>(
    db,
    `select subject from console_sign_in_links
     where token_hash = $1 and used_at is null and expires_at > clock_timestamp()`,
    [tokenHash],
  );
  return row?.subject ?? null;
}

/** Uses a link up; of two who try at once, one gets the subject. */
export async function spendSignInLink(trx: Transaction, tokenHash: Buffer): Promise<string | null> {
  const [row] = await query<{ subject: string }>(
    trx,
    `update console_sign_in_links set used_at = clock_timestamp()
     where token_hash = $1 and used_at is null and expires_at > clock_timestamp() returning subject`,
    [tokenHash],
  );
  return row?.subject ?? null;
}

/** What must come back from the provider unchanged, and where the person wanted to go. */
export interface SignInTrip {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  readonly returnTo: string;
  /** The provider was told to ask again, whoever is signed in there. */
  readonly fresh: boolean;
}

/** Stores a trip and forgets those that never came back. */
export async function insertSignInTrip(
  db: Database,
  browserHash: Buffer,
  { state, nonce, codeVerifier, returnTo, fresh }: SignInTrip,
  withinMs: number,
): Promise<void> {
  await execute(db, `delete from console_sign_in_trips where expires_at < clock_timestamp()`);
  await execute(
    db,
    `insert into console_sign_in_trips (browser_hash, state, nonce, code_verifier, return_to, fresh, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, clock_timestamp(), clock_timestamp() + $7::integer * interval '1 millisecond')`,
    [browserHash, state, nonce, codeVerifier, returnTo, fresh, withinMs],
  );
}

/** Takes the trip of this browser, once; null when there is none or it took too long. */
export async function takeSignInTrip(db: Database, browserHash: Buffer): Promise<SignInTrip | null> {
  const [row] = await query<SignInTrip & { readonly alive: boolean }>(
    db,
    `delete from console_sign_in_trips where browser_hash = $1
     returning state, nonce, code_verifier as "codeVerifier", return_to as "returnTo", fresh,
       expires_at > clock_timestamp() as alive`,
    [browserHash],
  );
  if (row === undefined || !row.alive) return null;
  const { alive: _, ...trip } = row;
  return trip;
}
