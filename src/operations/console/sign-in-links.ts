// A sandbox has no provider that knows people: a link that is printed lets one person in, once.
import { LINK_MS } from '../../domain/console-session.ts';
import type { Operator } from '../../domain/operator.ts';
import { wallTime } from '../../storage/clock.ts';
import { insertSignInLink, peekSignInLink, spendSignInLink } from '../../storage/console-sign-ins.ts';
import { transaction } from '../../storage/database.ts';
import { readDeployment } from '../../storage/deployment.ts';
import { findOperator } from '../../storage/operators.ts';
import type { Deps } from '../deps.ts';
import { hashOfToken, type NewSession, startSession } from './sessions.ts';

/** Makes a link for an operator; refused outside of a sandbox. */
export async function makeSignInLink(
  deps: Pick<Deps, 'db'>,
  { subject, token }: { readonly subject: string; readonly token: string },
): Promise<void> {
  const deployment = await readDeployment(deps.db);
  if (deployment?.sandbox !== true) throw new Error('links sign people in to a sandbox only');
  await transaction(deps.db, async (trx) => {
    const createdAt = await wallTime(trx);
    const expiresAt = new Date(createdAt.getTime() + LINK_MS);
    await insertSignInLink(trx, { tokenHash: hashOfToken(token), subject, createdAt, expiresAt });
  });
}

/** Whom a link would sign in; null when it is unknown, used or too old. Looking does not use it up. */
export async function ownerOfSignInLink(deps: Pick<Deps, 'db'>, linkToken: string): Promise<Operator | null> {
  const subject = await peekSignInLink(deps.db, hashOfToken(linkToken));
  return subject === null ? null : findOperator(deps.db, subject);
}

/** Uses a link up and signs its owner in; false when it was used before, is too old or its owner may not come in. */
export async function signInByLink(
  deps: Pick<Deps, 'db' | 'newId'>,
  { linkToken, ...session }: NewSession & { readonly linkToken: string },
): Promise<boolean> {
  return transaction(deps.db, async (trx) => {
    const subject = await spendSignInLink(trx, hashOfToken(linkToken));
    const operator = subject === null ? null : await findOperator(trx, subject);
    if (operator === null || operator.disabled) return false;
    await startSession(deps, trx, { ...session, operator, via: 'link', authenticatedAt: null });
    return true;
  });
}
