import { refuse } from '../domain/rejection.ts';
import type { Refused } from '../domain/rejection.ts';
import { stripeFailure } from '../stripe/failures.ts';

/** What a caller is told when Stripe did not do as asked; an error that is none of Stripe's is thrown on. */
export function stripeRefusal(error: unknown): Refused {
  const failure = stripeFailure(error);
  if (failure === null) throw error;
  switch (failure.kind) {
    case 'refused':
      return refuse('stripe_refused', `Stripe refuses this: ${failure.reason}`);
    case 'misconfigured':
      return refuse('stripe_refused', `Stripe does not accept our key for this: ${failure.reason}`, {
        details: { kind: 'misconfigured' },
      });
    case 'retry':
    case 'unknown':
      return refuse('stripe_unavailable', `Stripe cannot be reached or is busy: ${failure.reason}. Try again.`);
  }
}
