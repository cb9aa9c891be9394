// People who work at the host's desk, as tests employ them.
import type { Role } from '../../src/domain/operator.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { type Acting, NO_TRACE } from '../../src/operations/operators/acting.ts';
import { changeRoles, rememberOperator } from '../../src/operations/operators/manage-operators.ts';

const OWNER: Acting = { subject: 'system:test', roles: ['owner'], trace: NO_TRACE };

/** Makes somebody an operator with exactly these roles; answers the subject. */
export async function employ(deps: Deps, name: string, roles: readonly Role[]): Promise<string> {
  const subject = `https://id.example.com|${name}`;
  await rememberOperator(deps, { subject, name, email: `${name}@example.com` });
  const changed = await changeRoles(deps, OWNER, { subject, roles, reason: 'a test needs somebody' });
  if ('rejected' in changed) throw new Error(changed.rejected.message);
  return subject;
}
