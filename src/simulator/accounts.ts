import { noSuch } from './errors.ts';
import { route } from './routes.ts';
import type { Account } from './wire.ts';
import type { World } from './world.ts';

function account(world: World): Account {
  return {
    id: world.accountId,
    object: 'account',
    business_type: 'company',
    capabilities: { card_payments: 'active', transfers: 'active' },
    charges_enabled: true,
    controller: { type: 'account' },
    country: 'US',
    default_currency: 'usd',
    details_submitted: true,
    email: 'simulator@example.com',
    metadata: {},
    payouts_enabled: true,
    type: 'standard',
  };
}

export const accountRoutes = [
  route('GET', '/v1/account', {}, ({ world }) => account(world)),
  route('GET', '/v1/accounts/{id}', {}, ({ world, id }) => {
    if (id !== world.accountId) throw noSuch('account', id);
    return account(world);
  }),
];
