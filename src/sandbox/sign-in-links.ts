// The people of a sandbox: enough of them that one can ask and another approve.
import { randomBytes } from 'node:crypto';

import type { Role } from '../domain/operator.ts';
import { makeSignInLink } from '../operations/console/sign-in-links.ts';
import type { Deps } from '../operations/deps.ts';
import { wallTime } from '../storage/clock.ts';
import { transaction } from '../storage/database.ts';
import { changeOperator, findOperator, saveOperator } from '../storage/operators.ts';

export interface SignInLink {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly url: string;
}

const PEOPLE: readonly { readonly subject: string; readonly name: string; readonly roles: readonly Role[] }[] = [
  { subject: 'sandbox:sam', name: 'Sam', roles: ['support'] },
  { subject: 'sandbox:ada', name: 'Ada', roles: ['finance', 'approver'] },
  { subject: 'sandbox:olu', name: 'Olu', roles: ['owner'] },
];

/** A new link for each person of the sandbox; roles that were changed since stay changed. */
export async function printSignInLinks(deps: Deps, origin: string): Promise<readonly SignInLink[]> {
  const links: SignInLink[] = [];
  for (const person of PEOPLE) {
    const roles = await keepPerson(deps, person);
    const token = randomBytes(32).toString('base64url');
    await makeSignInLink(deps, { subject: person.subject, token });
    links.push({ name: person.name, roles, url: `${origin}/admin/sign-in/link?token=${token}` });
  }
  return links;
}

async function keepPerson(deps: Deps, { subject, name, roles }: (typeof PEOPLE)[number]): Promise<readonly Role[]> {
  const known = await findOperator(deps.db, subject);
  if (known !== null) return known.roles;
  await transaction(deps.db, async (trx) => {
    const at = await wallTime(trx);
    await saveOperator(trx, { operatorId: deps.newId(), subject, name, email: null, createdAt: at });
    await changeOperator(trx, subject, { roles, disabled: false, at });
  });
  return roles;
}
