import type { Operator, Role } from '../../domain/operator.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { wallTime } from '../../storage/clock.ts';
import { transaction, type Transaction } from '../../storage/database.ts';
import { changeOperator, lockOperator, saveOperator } from '../../storage/operators.ts';
import type { Deps } from '../deps.ts';
import { audit, systemActing, type Trace } from '../operators/acting.ts';
import { type NewSession, type Proof, startSession } from './sessions.ts';

/** What the provider or the proxy says of a person. */
export interface Identity {
  readonly subject: string;
  readonly name: string;
  readonly email: string | null;
  /** Where the provider's groups decide; null: an owner gives roles here. */
  readonly roles: readonly Role[] | null;
}

/**
 * Signs in whom a provider vouches for. A person who is new here gets a row; without any role nobody comes in, and
 * the refusal says whom to ask. Roles that come from the provider are taken over at each sign-in, with a trace.
 */
export async function signInPerson(
  deps: Pick<Deps, 'db' | 'newId'>,
  { identity, ...session }: NewSession & Proof & { readonly identity: Identity },
): Promise<Operator | Refused> {
  return transaction(deps.db, async (trx) => {
    const operator = await keepPerson(deps, trx, identity, session.trace);
    if (operator.disabled) {
      return refuse('not_permitted', 'This account is switched off. An owner can switch it on again.');
    }
    if (operator.roles.length === 0) {
      return refuse('not_permitted', `${operator.name} (${operator.subject}) has no role here. Ask an owner for one.`);
    }
    await startSession(deps, trx, { ...session, operator });
    return operator;
  });
}

/** The person's row as it is now: new, renamed, or with the roles that the provider says. */
async function keepPerson(
  deps: Pick<Deps, 'newId'>,
  trx: Transaction,
  { subject, name, email, roles }: Identity,
  trace: Trace,
): Promise<Operator> {
  const at = await wallTime(trx);
  await saveOperator(trx, { operatorId: deps.newId(), subject, name, email, createdAt: at });
  const known = await lockOperator(trx, subject);
  if (known === null) throw new Error(`operator ${subject} was saved and is not there`);
  if (roles === null || known.roles.toSorted().join() === roles.toSorted().join()) return known;
  await changeOperator(trx, subject, { roles, disabled: known.disabled, at });
  await audit(
    deps,
    trx,
    { subject: systemActing('sign_in').subject, roles: [], trace },
    {
      action: 'operator.changed',
      objectType: 'operator',
      objectId: subject,
      before: { roles: known.roles },
      after: { roles },
      reason: 'the groups that the provider reports',
    },
  );
  return { ...known, roles };
}
