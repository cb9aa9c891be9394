import { accountRoutes } from './accounts.ts';
import { alertRoutes } from './alerts.ts';
import { balanceTransactionRoutes } from './balance-transactions.ts';
import { billingPortalRoutes } from './billing-portal.ts';
import { chargeRoutes } from './charges.ts';
import { checkoutSessionRoutes, checkoutTasks } from './checkout-sessions.ts';
import { couponRoutes } from './coupons.ts';
import { creditBalanceRoutes } from './credit-balance.ts';
import { creditGrantRoutes, creditGrantTasks } from './credit-grants.ts';
import { creditNoteRoutes } from './credit-notes.ts';
import { customerBalanceTransactionRoutes } from './customer-balance-transactions.ts';
import { customerRoutes } from './customers.ts';
import { disputeRoutes, disputeTasks } from './disputes.ts';
import type { TaskHandlers } from './engine.ts';
import { eventDestinationRoutes } from './event-destinations.ts';
import { eventRoutes } from './events.ts';
import { featureRoutes } from './features.ts';
import { finalizationTasks } from './finalization.ts';
import { invoiceItemRoutes } from './invoice-items.ts';
import { invoicePaymentRoutes } from './invoice-payments.ts';
import { invoicePreviewRoutes } from './invoice-previews.ts';
import { invoiceRoutes } from './invoices.ts';
import { meterEventRoutes } from './meter-events.ts';
import { meterRoutes } from './meters.ts';
import { refundTasks } from './new-refund.ts';
import { paymentIntentRoutes } from './payment-intents.ts';
import { paymentMethodRoutes } from './payment-methods.ts';
import { priceRoutes } from './prices.ts';
import { productRoutes } from './products.ts';
import { refundRoutes } from './refunds.ts';
import type { Route } from './routes.ts';
import { scheduleRoutes, scheduleTasks } from './schedules.ts';
import { searchRoutes } from './searches.ts';
import { subscriptionTasks } from './subscription-cycle.ts';
import { subscriptionItemRoutes } from './subscription-item-routes.ts';
import { subscriptionRoutes } from './subscriptions.ts';
import { taxRateRoutes } from './tax-rates.ts';
import { testClockRoutes } from './test-clocks.ts';
import { v2EventRoutes } from './v2-events.ts';
import { v2MeterEventRoutes } from './v2-meter-events.ts';
import { webhookEndpointRoutes } from './webhook-endpoints.ts';

/** Every route of the API; a new resource is one file and one line here. */
export const ROUTES: readonly Route[] = [
  ...accountRoutes,
  ...alertRoutes,
  ...balanceTransactionRoutes,
  ...billingPortalRoutes,
  ...chargeRoutes,
  ...checkoutSessionRoutes,
  ...couponRoutes,
  ...creditBalanceRoutes,
  ...creditGrantRoutes,
  ...creditNoteRoutes,
  ...customerBalanceTransactionRoutes,
  ...customerRoutes,
  ...disputeRoutes,
  ...eventDestinationRoutes,
  ...eventRoutes,
  ...featureRoutes,
  ...invoiceItemRoutes,
  ...invoicePaymentRoutes,
  ...invoicePreviewRoutes,
  ...invoiceRoutes,
  ...meterEventRoutes,
  ...meterRoutes,
  ...paymentIntentRoutes,
  ...paymentMethodRoutes,
  ...priceRoutes,
  ...productRoutes,
  ...refundRoutes,
  ...scheduleRoutes,
  ...searchRoutes,
  ...subscriptionItemRoutes,
  ...subscriptionRoutes,
  ...taxRateRoutes,
  ...testClockRoutes,
  ...v2EventRoutes,
  ...v2MeterEventRoutes,
  ...webhookEndpointRoutes,
];

/** Every kind of work that falls due as time passes. */
export const TASKS: TaskHandlers = {
  ...checkoutTasks,
  ...creditGrantTasks,
  ...disputeTasks,
  ...finalizationTasks,
  ...refundTasks,
  ...scheduleTasks,
  ...subscriptionTasks,
};
