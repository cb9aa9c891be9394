import { type Acting, NO_TRACE } from '../operations/operators/acting.ts';
import { operatorNamed } from '../operations/operators/manage-operators.ts';
import type { OpenBooks } from '../sandbox/open-books.ts';

/** Whoever holds the database's address owns the place; what he does is logged under this name. */
export const COMMAND_LINE: Acting = {
  subject: 'system:cli',
  roles: ['owner'],
  trace: NO_TRACE,
};

/** The person that a name stands for, without one the command line itself; an unknown one is nobody, and is told so by what he asks for. */
export async function actingAs(deps: OpenBooks, name: string | undefined): Promise<Acting> {
  if (name === undefined) return COMMAND_LINE;
  const person = await operatorNamed(deps, name);
  return { subject: person?.subject ?? name, roles: null, trace: NO_TRACE };
}
