import { customerName, toWireId } from '../contract/ids.ts';
import { readCustomer } from '../operations/read-customer.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

export const customerRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/customers/:id',
    scopes: ['read', 'support', 'finance'],
    reply: async ({ deps, livemode }, { params }) => {
      const named = parse(customerName, params['id']);
      if ('rejected' in named) return { rejected: { ...named.rejected, param: 'id' } };
      const found = await readCustomer(deps, named.value);
      if ('rejected' in found) return found;
      const { customer, subscriptions } = found;
      return ok({
        id: toWireId('customer', customer.customerId),
        object: 'customer',
        livemode,
        external_id: customer.externalId,
        name: customer.name,
        currency: customer.currency,
        created_at: customer.createdAt,
        deleted_at: customer.deletedAt,
        stripe: { customer: customer.stripeCustomerId, balance_minor: Number(customer.stripeBalanceMinor) },
        subscriptions: subscriptions.map((subscription) => ({
          stripe: { subscription: subscription.subscriptionId },
          status: subscription.status,
          plan: subscription.plan,
          plan_version: subscription.planVersion,
          quantity: subscription.quantity,
        })),
      });
    },
  },
];
