import type { CollectionName } from './collections.ts';
import type { Expansion } from './expand.ts';
import { list } from './pagination.ts';
import { rendered } from './render.ts';
import type { World } from './world.ts';

/** Where an id lives, by its prefix; some prefixes are shared. */
const HOMES: Readonly<Record<string, readonly CollectionName[]>> = {
  cbtxn: ['customer_balance_transactions', 'credit_balance_transactions'],
  ch: ['charges'],
  clock: ['test_clocks'],
  cn: ['credit_notes'],
  credgr: ['credit_grants'],
  cus: ['customers', 'deleted'],
  di: ['discounts'],
  dp: ['disputes'],
  ii: ['invoice_items'],
  in: ['invoices'],
  inpay: ['invoice_payments'],
  mtr: ['meters'],
  pi: ['payment_intents'],
  pm: ['payment_methods'],
  price: ['prices'],
  prod: ['products', 'deleted'],
  re: ['refunds'],
  sub: ['subscriptions'],
  txr: ['tax_rates'],
};

const SCHEDULES: readonly CollectionName[] = ['schedules'];

/** Fields that are only included when expanded. */
function included(world: World, owner: object, field: string): unknown {
  const id = 'id' in owner && typeof owner.id === 'string' ? owner.id : '';
  const kind = 'object' in owner ? owner.object : '';
  switch (`${String(kind)}.${field}`) {
    case 'invoice.payments':
      return list(
        world.store.by('invoice_payments', 'invoice', id).toReversed(),
        false,
        `/v1/invoice_payments?invoice=${id}`,
      );
    case 'invoice.confirmation_secret':
      return null;
    case 'customer.subscriptions': {
      const running = world.store.by('subscriptions', 'customer', id).filter(({ status }) => status !== 'canceled');
      return list(running.toReversed(), false, `/v1/customers/${id}/subscriptions`);
    }
    case 'customer.invoice_credit_balance': {
      const customer = world.store.find('customers', id);
      return customer === undefined || customer.balance === 0
        ? {}
        : { [customer.currency ?? 'usd']: -customer.balance };
    }
    case 'customer.sources':
    case 'customer.tax_ids':
      return list([], false, `/v1/customers/${id}/${field}`);
    case 'charge.refunds':
      return list(world.store.by('refunds', 'charge', id).toReversed(), false, `/v1/charges/${id}/refunds`);
    case 'price.currency_options':
      return {};
    default:
      return undefined;
  }
}

/** How ids and optional fields of this world are expanded. */
export function expansionOf(world: World): Expansion {
  return {
    byId: (id) => {
      const homes = id.startsWith('sub_sched_')
        ? SCHEDULES
        : (HOMES[id.slice(0, Math.max(0, id.indexOf('_')))] ?? ['products', 'coupons']);
      for (const home of homes) {
        const found = world.store.find(home, id);
        if (found !== undefined) return rendered(found);
      }
      return undefined;
    },
    included: (owner, field) => included(world, owner, field),
  };
}
