import { backfillRoutes } from './backfills.ts';
import { balanceRoutes } from './balance.ts';
import { burnTableRoutes } from './burn-table.ts';
import { checkRoutes } from './check.ts';
import { creditNoteRoutes } from './credit-notes.ts';
import { customerRoutes } from './customers.ts';
import { holdRoutes } from './holds.ts';
import { invoiceRoutes } from './invoices.ts';
import { outboxRoutes } from './outbox.ts';
import { quarantineRoutes } from './quarantine.ts';
import { quoteRoutes } from './quote.ts';
import { reconciliationRoutes } from './reconciliations.ts';
import type { Route } from './route.ts';
import { sandboxRoutes } from './sandbox.ts';
import { stripeEventRoutes } from './stripe-events.ts';
import { trackRoutes } from './track.ts';
import { usageEventRoutes } from './usage-events.ts';

/** Everything that asks for an API key; webhooks, health and error pages stand beside it in the router. */
export const ROUTES: readonly Route[] = [
  ...trackRoutes,
  ...checkRoutes,
  ...quoteRoutes,
  ...burnTableRoutes,
  ...holdRoutes,
  ...customerRoutes,
  ...balanceRoutes,
  ...usageEventRoutes,
  ...backfillRoutes,
  ...quarantineRoutes,
  ...invoiceRoutes,
  ...creditNoteRoutes,
  ...reconciliationRoutes,
  ...outboxRoutes,
  ...stripeEventRoutes,
  ...sandboxRoutes,
];
