// What a rollout has to know of a customer: his segment, and whether his terms are pinned.
import { refuse, type Refused } from '../../domain/rejection.ts';
import { now as clock } from '../../storage/clock.ts';
import { transaction } from '../../storage/database.ts';
import { openRolloutOf, pinTerms, readSegment, saveSegment, unpinTerms } from '../../storage/segments.ts';
import type { Deps } from '../deps.ts';
import { type Acting, audit, permitted } from '../operators/acting.ts';
import { findCustomer } from '../read-customer.ts';

/** Notes a customer's segment; not while a rollout that changes what he is sold is under way for him. */
export async function setSegment(
  deps: Deps,
  acting: Acting,
  { customer: name, segment }: { readonly customer: string; readonly segment: string },
): Promise<{ readonly segment: string } | Refused> {
  const customer = await findCustomer(deps, name);
  if ('rejected' in customer) return customer;
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'model.change');
    if ('rejected' in actor) return actor;
    const rollout = await openRolloutOf(trx, customer);
    const before = await readSegment(trx, customer);
    if (rollout !== null && before !== segment) {
      return refuse(
        'migration_changes_both',
        `Migration ${rollout} is changing what this customer is sold; change the segment once he has moved.`,
        { param: 'segment' },
      );
    }
    await saveSegment(trx, customer, { segment, by: actor.subject, at: await clock(trx) });
    const { customerId } = customer;
    const act = { action: 'segment.changed', objectType: 'customer', objectId: customerId, customerId };
    await audit(deps, trx, actor, { ...act, before: { segment: before }, after: { segment } });
    return { segment };
  });
}

export interface PinTerms {
  readonly customer: string;
  /** Last day; null: for good. */
  readonly until: string | null;
  readonly reason: string;
  /** Lets migrations move him again. */
  readonly release: boolean;
}

/** Keeps a customer on what he has, whatever is rolled out; or lets go. */
export async function pinLegacyTerms(
  deps: Deps,
  acting: Acting,
  asked: PinTerms,
): Promise<{ readonly pinned: boolean } | Refused> {
  const { until, reason, release } = asked;
  const customer = await findCustomer(deps, asked.customer);
  if ('rejected' in customer) return customer;
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'model.change');
    if ('rejected' in actor) return actor;
    const pin = { until, reason, by: actor.subject, at: await clock(trx) };
    const done = release ? await unpinTerms(trx, customer) : await pinTerms(trx, customer, pin);
    if (!done) {
      const because = release
        ? 'The terms of this customer are not pinned.'
        : 'This customer has no running subscription to a plan.';
      return refuse('nothing_to_do', because);
    }
    const { customerId } = customer;
    const action = release ? 'terms.released' : 'terms.pinned';
    await audit(deps, trx, actor, {
      action,
      objectType: 'customer',
      objectId: customerId,
      customerId,
      after: { until },
      reason,
    });
    return { pinned: !release };
  });
}
