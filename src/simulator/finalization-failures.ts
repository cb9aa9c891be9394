// A draft that cannot be finalized, on command: as of a customer whose tax cannot be worked out for want of an address.
import { invalidRequest, StripeRefusal } from './errors.ts';
import type { Invoice } from './wire.ts';
import { emit, need, unschedule, type World } from './world.ts';

const MESSAGE =
  "The customer's location isn't recognized. Set a valid customer address in order to automatically calculate tax.";
const CODE = 'customer_tax_location_invalid';

const setting = (id: string): string => `finalization_fails:${id}`;

/** The next finalizations of this draft fail, by whomever they are tried. */
export function failFinalizations(world: World, id: string, times: number): object {
  if (need(world, 'invoices', id, 'invoice').status !== 'draft') throw invalidRequest('Only a draft can be finalized.');
  if (!Number.isInteger(times) || times < 0) throw invalidRequest(`${times} is no number of times.`);
  return world.store.put('settings', { id: setting(id), value: times });
}

/** Records a failure that was asked for: the draft stays one, and nothing tries again by itself. Else null. */
export function recordedFailure(world: World, draft: Invoice): StripeRefusal | null {
  const times = Number(world.store.find('settings', setting(draft.id))?.value ?? 0);
  if (times === 0) return null;
  world.store.put('settings', { id: setting(draft.id), value: times - 1 });
  unschedule(world, 'invoice_finalization', draft.id);
  const failed = world.store.patch('invoices', draft.id, {
    automatically_finalizes_at: null,
    last_finalization_error: { type: 'invalid_request_error', code: CODE, message: MESSAGE },
  });
  emit(world, 'invoice.finalization_failed', failed);
  return new StripeRefusal(400, 'invalid_request_error', MESSAGE, { code: CODE }, { keepsChanges: true });
}
