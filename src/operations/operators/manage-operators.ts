import { type Operator, type Role, ROLES } from '../../domain/operator.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { now } from '../../storage/clock.ts';
import { transaction } from '../../storage/database.ts';
import {
  changeOperator,
  findOperator,
  findOperatorByName,
  listOperators as readOperators,
  lockOperator,
  otherOwners,
  saveOperator,
  type StoredOperator,
} from '../../storage/operators.ts';
import type { Deps } from '../deps.ts';
import { type Acting, audit, permitted } from './acting.ts';

/** The person behind a subject or, where nobody has that subject, an e-mail address, whatever he may do. */
export async function operatorNamed(deps: Pick<Deps, 'db'>, name: string): Promise<StoredOperator | null> {
  return findOperatorByName(deps.db, name);
}

export async function listOperators(
  deps: Pick<Deps, 'db'>,
  acting: Acting,
): Promise<readonly StoredOperator[] | Refused> {
  const actor = await permitted(deps.db, acting, 'operator.read');
  return 'rejected' in actor ? actor : readOperators(deps.db);
}

/** Keeps the name and address that a sign-in brings; who is new has no role until an owner gives him one. */
export async function rememberOperator(
  deps: Deps,
  person: Pick<Operator, 'subject' | 'name' | 'email'>,
): Promise<Operator> {
  return transaction(deps.db, async (trx) => {
    await saveOperator(trx, { ...person, operatorId: deps.newId(), createdAt: await now(trx) });
    const stored = await findOperator(trx, person.subject);
    if (stored === null) throw new Error(`operator ${person.subject} has vanished`);
    return stored;
  });
}

export interface OperatorChange {
  readonly subject: string;
  readonly roles: readonly Role[];
  /** Signs in no more, and may do nothing. */
  readonly disabled?: boolean;
  readonly reason: string;
}

/** Gives and takes roles. Nobody changes his own, and one owner is always left. */
export async function changeRoles(deps: Deps, acting: Acting, change: OperatorChange): Promise<Operator | Refused> {
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'operator.change');
    if ('rejected' in actor) return actor;
    const person = await lockOperator(trx, change.subject);
    if (person === null) return refuse('unknown_operator', 'nobody has this subject', { param: 'subject' });
    if (person.subject === actor.subject) {
      return refuse('own_request', 'nobody changes his own roles; another owner, or the command line, does');
    }
    const disabled = change.disabled ?? false;
    const roles = ROLES.filter((role) => change.roles.includes(role));
    const staysOwner = roles.includes('owner') && !disabled;
    if (person.roles.includes('owner') && !staysOwner && (await otherOwners(trx, person.subject)) === 0) {
      return refuse('last_owner', `${person.name} is the only owner; make somebody else an owner first`);
    }
    await changeOperator(trx, person.subject, { roles, disabled, at: await now(trx) });
    await audit(deps, trx, actor, {
      action: 'operator.changed',
      objectType: 'operator',
      objectId: person.subject,
      before: { roles: person.roles, disabled: person.disabled },
      after: { roles, disabled },
      reason: change.reason,
    });
    return { ...person, roles, disabled };
  });
}
