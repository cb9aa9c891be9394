import { invalidRequest } from './errors.ts';
import { cancelRefund, newRefund } from './new-refund.ts';
import { page } from './pagination.ts';
import { changedMetadata, ignored, integer, metadata, oneOf, paging, range, word } from './parameters.ts';
import { route } from './routes.ts';
import { change, need } from './world.ts';

export const refundRoutes = [
  route(
    'POST',
    '/v1/refunds',
    {
      amount: integer(1),
      charge: word(),
      currency: ignored(),
      customer: ignored(),
      // Where the bank details of the customer have to be asked for first.
      instructions_email: word(),
      metadata: metadata(),
      payment_intent: word(),
      reason: oneOf('duplicate', 'fraudulent', 'requested_by_customer'),
    },
    ({ world, values }) => {
      const intent =
        values.payment_intent === undefined
          ? undefined
          : need(world, 'payment_intents', values.payment_intent, 'payment_intent', 'payment_intent');
      const charged = values.charge ?? intent?.latest_charge;
      if (charged === undefined || charged === null) {
        throw invalidRequest(
          'One of the following params should be provided for this request: payment_intent or charge.',
          { code: 'parameter_missing' },
        );
      }
      const charge = need(world, 'charges', charged, 'charge', 'charge');
      const asks = values.instructions_email !== undefined;
      return newRefund(world, charge, { ...values, asks, metadata: changedMetadata({}, values.metadata) });
    },
  ),
  route(
    'GET',
    '/v1/refunds',
    { ...paging, charge: word(), created: range(), payment_intent: word() },
    ({ world, values, path }) => {
      const found = world.store
        .all('refunds')
        .filter(
          (refund) =>
            (values.charge === undefined || refund.charge === values.charge) &&
            (values.payment_intent === undefined || refund.payment_intent === values.payment_intent) &&
            (values.created?.(refund.created) ?? true),
        );
      return page(found.toReversed(), values, path);
    },
  ),
  route('POST', '/v1/refunds/{id}/cancel', {}, ({ world, id }) =>
    cancelRefund(world, need(world, 'refunds', id, 'refund')),
  ),
  route('GET', '/v1/refunds/{id}', {}, ({ world, id }) => need(world, 'refunds', id, 'refund')),
  route('POST', '/v1/refunds/{id}', { metadata: metadata() }, ({ world, id, values }) => {
    const before = need(world, 'refunds', id, 'refund');
    return change(
      world,
      'refunds',
      id,
      { metadata: changedMetadata(before.metadata, values.metadata) },
      'refund.updated',
    );
  }),
];
