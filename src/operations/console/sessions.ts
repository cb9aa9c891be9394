// Who is signed in. A session is a row that is looked up with each request, so ending it works on every replica at once.
import { createHash } from 'node:crypto';

import { ABSOLUTE_MS, isAlive, isFresh } from '../../domain/console-session.ts';
import type { Operator } from '../../domain/operator.ts';
import { wallTime } from '../../storage/clock.ts';
import {
  type ConsoleSession,
  endConsoleSession,
  findConsoleSession,
  insertConsoleSession,
  refreshConsoleSession,
  touchConsoleSession,
} from '../../storage/console-sessions.ts';
import { transaction, type Transaction } from '../../storage/database.ts';
import { findOperator } from '../../storage/operators.ts';
import type { Deps } from '../deps.ts';
import { audit, type Trace } from '../operators/acting.ts';

export interface NewSession {
  /** 256 random bits, which only the browser keeps. */
  readonly token: string;
  /** The token that this browser had before: its session ends. */
  readonly replaces: string | null;
  readonly trace: Trace;
}

/** How somebody was let in, and when he proved who he is; null: just now. */
export interface Proof {
  readonly via: ConsoleSession['via'];
  readonly authenticatedAt: Date | null;
}

/** Signs a person in, with its row in the audit log, in the caller's transaction. */
export async function startSession(
  deps: Pick<Deps, 'newId'>,
  trx: Transaction,
  { operator, token, replaces, trace, via, authenticatedAt }: NewSession & Proof & { readonly operator: Operator },
): Promise<void> {
  const startedAt = await wallTime(trx);
  const sessionId = deps.newId();
  const before = replaces === null ? null : await findConsoleSession(trx, hashOfToken(replaces));
  if (before !== null) await endConsoleSession(trx, before.session.sessionId, 'replaced');
  await insertConsoleSession(trx, {
    sessionId,
    tokenHash: hashOfToken(token),
    subject: operator.subject,
    via,
    startedAt,
    authenticatedAt: authenticatedAt ?? startedAt,
    expiresAt: new Date(startedAt.getTime() + ABSOLUTE_MS),
  });
  const session = { objectType: 'session', objectId: sessionId };
  await audit(deps, trx, { ...operator, trace }, { action: 'session.started', ...session, after: { via } });
}

export interface ResumedSession {
  readonly sessionId: string;
  readonly via: ConsoleSession['via'];
  /** With the roles of this moment, not those at sign-in. */
  readonly operator: Operator;
  /** Whether the person proved who he is recently enough for dangerous acts. */
  readonly fresh: boolean;
}

/** Who holds this token now; null when the session is over, or the person may not come in any more. */
export async function resumeSession(deps: Pick<Deps, 'db'>, token: string): Promise<ResumedSession | null> {
  const found = await findConsoleSession(deps.db, hashOfToken(token));
  if (found === null || !isAlive(found.session, found.now)) return null;
  const { session, now } = found;
  const operator = await findOperator(deps.db, session.subject);
  if (operator === null || operator.disabled) return null;
  await touchConsoleSession(deps.db, session.sessionId);
  return { sessionId: session.sessionId, via: session.via, operator, fresh: isFresh(session, now) };
}

/** Signs a person out. */
export async function endSession(
  deps: Pick<Deps, 'db' | 'newId'>,
  { sessionId, operator }: ResumedSession,
  trace: Trace,
): Promise<void> {
  await transaction(deps.db, async (trx) => {
    if (!(await endConsoleSession(trx, sessionId, 'signed_out'))) return;
    const session = { objectType: 'session', objectId: sessionId };
    await audit(deps, trx, { ...operator, trace }, { action: 'session.ended', ...session });
  });
}

/** The person behind a session has proved again who he is, at the given moment or just now. */
export async function confirmSession(
  deps: Pick<Deps, 'db' | 'newId'>,
  { sessionId, operator, via }: ResumedSession,
  { authenticatedAt, trace }: { readonly authenticatedAt: Date | null; readonly trace: Trace },
): Promise<void> {
  await transaction(deps.db, async (trx) => {
    await refreshConsoleSession(trx, sessionId, authenticatedAt ?? (await wallTime(trx)));
    const session = { objectType: 'session', objectId: sessionId };
    await audit(deps, trx, { ...operator, trace }, { action: 'session.confirmed', ...session, after: { via } });
  });
}

/** A token has full entropy, so a plain hash is enough to keep it out of the database. */
export function hashOfToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
