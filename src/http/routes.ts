import { accountingPeriodRoutes } from './accounting-periods.ts';
import { alertRoutes } from './alerts.ts';
import { approvalRoutes } from './approvals.ts';
import { backfillRoutes } from './backfills.ts';
import { balanceRoutes } from './balance.ts';
import { booksArchiveRoutes } from './books-archive.ts';
import { burnTableRoutes } from './burn-table.ts';
import { caseRoutes } from './cases.ts';
import { checkRoutes } from './check.ts';
import { clearingRoutes } from './clearing.ts';
import { correctionRoutes } from './corrections.ts';
import { creditNoteRoutes } from './credit-notes.ts';
import { customerRoutes } from './customers.ts';
import { evidenceRoutes } from './evidence.ts';
import { explanationRoutes } from './explanations.ts';
import { grantRoutes } from './grants.ts';
import { healthPackRoutes } from './health-packs.ts';
import { holdListRoutes } from './hold-list.ts';
import { holdRoutes } from './holds.ts';
import { invoiceRoutes } from './invoices.ts';
import { journalExportRoutes } from './journal-exports.ts';
import { launchRoutes } from './launch.ts';
import { memberRoutes } from './members.ts';
import { migrationRoutes } from './migrations.ts';
import { modelPriceRoutes } from './model-prices.ts';
import { outboxRoutes } from './outbox.ts';
import { portalRoutes } from './portal.ts';
import { providerBillRoutes } from './provider-bills.ts';
import { quarantineRoutes } from './quarantine.ts';
import { quoteRoutes } from './quote.ts';
import { reconciliationRoutes } from './reconciliations.ts';
import { reportRoutes } from './reports.ts';
import type { Route } from './route.ts';
import { sandboxRoutes } from './sandbox.ts';
import { settlementRoutes } from './settlements.ts';
import { shadowRoutes } from './shadow.ts';
import { simulationRoutes } from './simulations.ts';
import { statementExportRoutes } from './statement-exports.ts';
import { statementRoutes } from './statements.ts';
import { stripeEventRoutes } from './stripe-events.ts';
import { subscriptionRoutes } from './subscriptions.ts';
import { topUpRoutes } from './top-ups.ts';
import { trackRoutes } from './track.ts';
import { transferRoutes } from './transfers.ts';
import { usageEventRoutes } from './usage-events.ts';
import { webhookEndpointRoutes } from './webhook-endpoints.ts';

/** Everything that asks for an API key; webhooks, health and error pages stand beside it in the router. */
export const ROUTES: readonly Route[] = [
  ...trackRoutes,
  ...checkRoutes,
  ...quoteRoutes,
  ...burnTableRoutes,
  ...modelPriceRoutes,
  ...providerBillRoutes,
  ...shadowRoutes,
  ...holdRoutes,
  ...holdListRoutes,
  ...grantRoutes,
  ...customerRoutes,
  ...balanceRoutes,
  ...statementRoutes,
  ...explanationRoutes,
  ...memberRoutes,
  ...transferRoutes,
  ...subscriptionRoutes,
  ...usageEventRoutes,
  ...backfillRoutes,
  ...quarantineRoutes,
  ...simulationRoutes,
  ...healthPackRoutes,
  ...migrationRoutes,
  ...invoiceRoutes,
  ...settlementRoutes,
  ...creditNoteRoutes,
  ...clearingRoutes,
  ...caseRoutes,
  ...approvalRoutes,
  ...reconciliationRoutes,
  ...correctionRoutes,
  ...evidenceRoutes,
  ...reportRoutes,
  ...journalExportRoutes,
  ...booksArchiveRoutes,
  ...statementExportRoutes,
  ...accountingPeriodRoutes,
  ...launchRoutes,
  ...outboxRoutes,
  ...stripeEventRoutes,
  ...topUpRoutes,
  ...portalRoutes,
  ...alertRoutes,
  ...webhookEndpointRoutes,
  ...sandboxRoutes,
];
