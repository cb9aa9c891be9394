import type { RequestHandler } from 'express';

import { guardDraft } from '../operations/guard-drafts.ts';
import { receiveStripeEvent } from '../operations/receive-stripe-event.ts';
import type { HttpContext } from './context.ts';
import { sendProblem } from './errors.ts';

/** Verify, store, answer; the event is applied later. Anything but 2xx makes Stripe send it again. */
export function stripeWebhook(context: HttpContext): RequestHandler {
  return async (request, response) => {
    const rawBody: unknown = request.body;
    if (!Buffer.isBuffer(rawBody)) {
      const parsed = typeof rawBody === 'object' && rawBody !== null && Object.keys(rawBody).length > 0;
      sendProblem(
        context,
        response,
        parsed
          ? {
              code: 'raw_body_required',
              message:
                'a body parser ran before this router: mount it before express.json(), the signature needs the raw bytes',
            }
          : { code: 'signature_missing', message: 'the request has no body to verify' },
      );
      return;
    }
    const signed = {
      rawBody,
      signature: request.get('stripe-signature'),
      secrets: context.webhookSecrets,
      receivedAt: new Date(),
    };
    const received = await receiveStripeEvent(context.deps, signed, guardDraft);
    if ('rejected' in received) {
      sendProblem(context, response, received.rejected);
      return;
    }
    context.wake('inbox');
    response.json({ received: true });
  };
}
