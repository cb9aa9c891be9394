// Who is signed in to the console. Times are the wall clock's: a sandbox that stands still must not keep people in.
import type { SessionTimes } from '../domain/console-session.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface ConsoleSession extends SessionTimes {
  readonly sessionId: string;
  readonly subject: string;
  readonly via: 'link' | 'provider' | 'proxy';
  readonly startedAt: Date;
}

export async function insertConsoleSession(
  trx: Transaction,
  session: Omit<ConsoleSession, 'lastSeenAt' | 'endedAt'> & { readonly tokenHash: Buffer },
): Promise<void> {
  await execute(
    trx,
    `insert into console_sessions (session_id, token_hash, subject, via, started_at, authenticated_at, last_seen_at,
       expires_at) values ($1, $2, $3, $4, $5, $6, $5, $7)`,
    [
      session.sessionId,
      session.tokenHash,
      session.subject,
      session.via,
      session.startedAt,
      session.authenticatedAt,
      session.expiresAt,
    ],
  );
}

/** The session behind a token, whatever state it is in, and the wall time. */
export async function findConsoleSession(
  db: Database | Transaction,
  tokenHash: Buffer,
): Promise<{ readonly session: ConsoleSession; readonly now: Date } | null> {
  const [row] = await query<ConsoleSession & { readonly now: Date }>(
    db,
    `select session_id as "sessionId", subject, via, started_at as "startedAt", authenticated_at as "authenticatedAt",
       last_seen_at as "lastSeenAt", expires_at as "expiresAt", ended_at as "endedAt", clock_timestamp() as now
     from console_sessions where token_hash = $1`,
    [tokenHash],
  );
  if (row === undefined) return null;
  const { now, ...session } = row;
  return { session, now };
}

/** Notes that somebody is there; at most once a minute, since every page would write otherwise. */
export async function touchConsoleSession(db: Database, sessionId: string): Promise<void> {
  await execute(
    db,
    `update console_sessions set last_seen_at = clock_timestamp()
     where session_id = $1 and ended_at is null and last_seen_at < clock_timestamp() - interval '1 minute'`,
    [sessionId],
  );
}

/** The person has proved again who he is. */
export async function refreshConsoleSession(trx: Transaction, sessionId: string, at: Date): Promise<void> {
  await execute(
    trx,
    `update console_sessions set authenticated_at = greatest(authenticated_at, $2)
     where session_id = $1 and ended_at is null`,
    [sessionId, at],
  );
}

/** Ends it for good; false when it was over before. */
export async function endConsoleSession(
  db: Database | Transaction,
  sessionId: string,
  because: 'signed_out' | 'replaced',
): Promise<boolean> {
  const ended = await execute(
    db,
    `update console_sessions set ended_at = clock_timestamp(), ended_because = $2
     where session_id = $1 and ended_at is null`,
    [sessionId, because],
  );
  return ended === 1;
}
