// Who acts, and whether he may. A person's roles are read in the transaction that uses them: those of an hour ago count
// for nothing.
import { may, type Permission, type Role, rolesWith } from '../../domain/operator.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { insertAuditRow } from '../../storage/audit-log.ts';
import { now } from '../../storage/clock.ts';
import type { Database, Transaction } from '../../storage/database.ts';
import { findOperator, shareOperator } from '../../storage/operators.ts';
import type { Deps } from '../deps.ts';

export interface Acting {
  /** A person's subject, `key:<id>` of an API key, or `system:<what>`. */
  readonly subject: string;
  /** What a key or a job may do; null for a person. */
  readonly roles: readonly Role[] | null;
  readonly trace: Trace;
}

/** Where an act came from. */
export interface Trace {
  readonly requestId: string | null;
  readonly address: string | null;
  readonly userAgent: string | null;
}

export const NO_TRACE: Trace = { requestId: null, address: null, userAgent: null };

/** Our own jobs: they do what people have agreed to, and need no role for it. */
export function systemActing(what: string): Acting & { readonly roles: readonly Role[] } {
  return { subject: `system:${what}`, roles: [], trace: NO_TRACE };
}

/** Somebody who was let in, with what he may do now. */
export interface Actor {
  readonly subject: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly trace: Trace;
}

/** Lets somebody in, or says which role it takes. In a transaction his roles stay as they are until it ends. */
export async function permitted(
  on: Database | Transaction,
  acting: Acting,
  permission: Permission,
): Promise<Actor | Refused> {
  const { subject, trace } = acting;
  if (acting.roles !== null) {
    if (may(acting.roles, permission)) return { subject, name: subject, roles: acting.roles, trace };
    return notPermitted(permission, acting.roles, 'this key');
  }
  const person = on.isTransaction === true ? await shareOperator(on, subject) : await findOperator(on, subject);
  if (person === null || person.disabled) {
    return refuse('not_permitted', 'nobody who works here has signed in so; an owner can add him as an operator');
  }
  if (!may(person.roles, permission)) return notPermitted(permission, person.roles, person.name);
  return { subject, name: person.name, roles: person.roles, trace };
}

function notPermitted(permission: Permission, held: readonly Role[], who: string): Refused {
  const needed = rolesWith(permission);
  const sentence = `this needs the role ${needed.join(' or ')}; ${who} has ${held.join(', ') || 'none'}`;
  return refuse('not_permitted', sentence, { details: { needed, held } });
}

export interface Act {
  readonly action: string;
  readonly objectType: string;
  readonly objectId: string;
  readonly customerId?: string;
  readonly before?: object;
  readonly after?: object;
  readonly reason?: string | null;
}

/** Writes one row of the audit log, in the transaction of the act itself. */
export async function audit(
  deps: Pick<Deps, 'newId'>,
  trx: Transaction,
  { subject, roles, trace }: Pick<Actor, 'subject' | 'roles' | 'trace'>,
  act: Act,
): Promise<void> {
  await insertAuditRow(trx, {
    auditId: deps.newId(),
    at: await now(trx),
    actor: subject,
    roles,
    action: act.action,
    objectType: act.objectType,
    objectId: act.objectId,
    customerId: act.customerId ?? null,
    before: act.before === undefined ? null : plain(act.before),
    after: act.after === undefined ? null : plain(act.after),
    reason: act.reason ?? null,
    ...trace,
  });
}

function plain(value: object): Readonly<Record<string, unknown>> {
  const text = JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item));
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}
