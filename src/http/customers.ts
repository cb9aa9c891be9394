import { customerName, toWireId } from '../contract/ids.ts';
import { askForTrueUp } from '../operations/ask-for-true-up.ts';
import { findCustomer, readCustomer } from '../operations/read-customer.ts';
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
  {
    method: 'post',
    path: '/v1/customers/:id/true_up',
    scopes: ['finance', 'admin'],
    reply: async ({ deps, wake }, { params }) => {
      const named = parse(customerName, params['id']);
      if ('rejected' in named) return { rejected: { ...named.rejected, param: 'id' } };
      const customer = await findCustomer(deps, named.value);
      if ('rejected' in customer) return customer;
      const { pools, endedThere } = await askForTrueUp(deps, customer);
      wake('outbox');
      return ok({ object: 'true_up', pools, stripe: { ended_grants: endedThere } });
    },
  },
];
