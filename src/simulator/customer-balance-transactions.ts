import { moveCustomerBalance } from './customer-balance.ts';
import { noSuch } from './errors.ts';
import { page } from './pagination.ts';
import { changedMetadata, integer, metadata, paging, range, required, text, word } from './parameters.ts';
import { route } from './routes.ts';
import { need } from './world.ts';

export const customerBalanceTransactionRoutes = [
  route(
    'POST',
    '/v1/customers/{id}/balance_transactions',
    { amount: required(integer()), currency: required(word(3)), description: text(350), metadata: metadata() },
    ({ world, id, values }) => {
      need(world, 'customers', id, 'customer');
      const { amount, currency, description } = values;
      const details = {
        type: 'adjustment',
        currency,
        description: description ?? null,
        metadata: changedMetadata({}, values.metadata),
      };
      return moveCustomerBalance(world, id, amount, details);
    },
  ),
  route(
    'GET',
    '/v1/customers/{id}/balance_transactions',
    { ...paging, created: range(), invoice: word() },
    ({ world, id, values, path }) => {
      need(world, 'customers', id, 'customer');
      const found = world.store
        .by('customer_balance_transactions', 'customer', id)
        .filter(
          ({ created, invoice }) =>
            (values.created?.(created) ?? true) && (values.invoice === undefined || invoice === values.invoice),
        );
      return page(found.toReversed(), values, path);
    },
  ),
  route('GET', '/v1/customers/{id}/balance_transactions/{child}', {}, ({ world, id, child }) => {
    const found = need(world, 'customer_balance_transactions', child, 'customer balance transaction');
    if (found.customer !== id) throw noSuch('customer balance transaction', child);
    return found;
  }),
  route(
    'POST',
    '/v1/customers/{id}/balance_transactions/{child}',
    { description: text(350), metadata: metadata() },
    ({ world, child, values }) => {
      const before = need(world, 'customer_balance_transactions', child, 'customer balance transaction');
      return world.store.patch('customer_balance_transactions', child, {
        ...(values.description === undefined ? {} : { description: values.description }),
        metadata: changedMetadata(before.metadata, values.metadata),
      });
    },
  ),
];
