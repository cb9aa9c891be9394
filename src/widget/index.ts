// The customer's widget: four elements for any page, no framework. Importing it defines them; nothing else happens.
import { CreditBalance } from './credit-balance.ts';
import { CreditGrants } from './credit-grants.ts';
import { CreditTopup } from './credit-topup.ts';
import { CreditUsage } from './credit-usage.ts';

export { CreditBalance, CreditGrants, CreditTopup, CreditUsage };
export {
  type Cost,
  type DayOfUse,
  type Grant,
  type Pack,
  type Portal,
  PortalClient,
  PortalRefusal,
  type PortalSettings,
  type PortalState,
  type Use,
} from './portal-client.ts';

const ELEMENTS = {
  'credit-balance': CreditBalance,
  'credit-usage': CreditUsage,
  'credit-grants': CreditGrants,
  'credit-topup': CreditTopup,
} as const;

// Not on a server that renders a page.
if ('customElements' in globalThis) {
  for (const [name, made] of Object.entries(ELEMENTS)) {
    if (customElements.get(name) === undefined) customElements.define(name, made);
  }
}
