import { page } from './pagination.ts';
import { object, oneOf, paging, range, required, word } from './parameters.ts';
import { route } from './routes.ts';
import { need } from './world.ts';

const payment = object({
  type: required(oneOf('payment_intent', 'payment_record', 'charge')),
  payment_intent: word(),
  payment_record: word(),
});

export const invoicePaymentRoutes = [
  route(
    'GET',
    '/v1/invoice_payments',
    { ...paging, created: range(), invoice: word(), payment, status: oneOf('open', 'paid', 'canceled') },
    ({ world, values, path }) => {
      const all =
        values.invoice === undefined
          ? world.store.all('invoice_payments')
          : world.store.by('invoice_payments', 'invoice', values.invoice);
      const found = all.filter(
        (candidate) =>
          (values.created?.(candidate.created) ?? true) &&
          (values.status === undefined || candidate.status === values.status) &&
          (values.payment?.payment_intent === undefined ||
            candidate.payment.payment_intent === values.payment.payment_intent),
      );
      return page(found.toReversed(), values, path);
    },
  ),
  route('GET', '/v1/invoice_payments/{id}', {}, ({ world, id }) =>
    need(world, 'invoice_payments', id, 'invoice payment'),
  ),
];
