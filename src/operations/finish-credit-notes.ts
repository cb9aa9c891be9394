// Credit notes that had to wait for Stripe when they were asked for: issued meanwhile, with nobody asking again.
import { now } from '../storage/clock.ts';
import {
  finishCreditNoteRequest,
  noteUsageReversed,
  type OwingRequest,
  requestsOwingUsage,
} from '../storage/credit-note-requests.ts';
import { stripeFailure } from '../stripe/failures.ts';
import type { Deps } from './deps.ts';
import { mirrorCreditNote } from './mirror-credit-note.ts';
import { reverseUsage } from './reverse-usage.ts';

/** Gives the usage back that issued notes name, once; returns how many notes were brought to their end. */
export async function finishCreditNotes(deps: Deps, { limit }: { readonly limit: number }): Promise<number> {
  let finished = 0;
  for (const request of await requestsOwingUsage(deps.db, limit)) {
    try {
      await finish(deps, request);
      finished += 1;
    } catch (error) {
      const failure = stripeFailure(error);
      if (failure === null) throw error;
      deps.log.warn({ requestId: request.requestId, reason: failure.reason }, 'a credit note could not be read yet');
    }
  }
  return finished;
}

async function finish(deps: Deps, request: OwingRequest): Promise<void> {
  const { lane, customerId, requestId, usageEventIds, reason, ticket, requestedBy: actor, creditNoteId } = request;
  const customer = { lane, customerId };
  const at = await now(deps.db);
  if (creditNoteId === null) {
    const outcome = 'Stripe refused it';
    await finishCreditNoteRequest(deps.db, customer, requestId, { state: 'refused', creditNoteId, outcome, at });
    return;
  }
  await mirrorCreditNote(deps, creditNoteId);
  const reversed =
    usageEventIds.length === 0 ? null : await reverseUsage(deps, { customer, usageEventIds, reason, ticket, actor });
  if (reversed !== null && 'rejected' in reversed && reversed.rejected.code !== 'already_reversed') {
    deps.log.error({ requestId, reason: reversed.rejected.message }, 'the usage of a credit note could not go back');
  }
  await noteUsageReversed(deps.db, customer, requestId, at);
}
