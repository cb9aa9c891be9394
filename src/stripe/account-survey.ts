// An account that somebody else has built, list by list: who is there, subscribed to what, with which open invoices.
import type { StripeGateway } from './gateway.ts';
import { idOf, idOrNull, instant } from './reading.ts';

export interface SurveyedCustomer {
  readonly stripeCustomerId: string;
  readonly externalId: string | null;
  readonly createdAt: Date;
}

export interface SurveyedSubscription {
  readonly subscriptionId: string;
  readonly stripeCustomerId: string;
  readonly status: string;
  readonly latestInvoiceId: string | null;
  readonly items: readonly {
    readonly priceId: string;
    readonly meterId: string | null;
    readonly startsAt: Date;
    readonly endsAt: Date;
  }[];
}

export interface SurveyedInvoice {
  readonly invoiceId: string;
  readonly stripeCustomerId: string;
}

const PAGE = 100;

/** Every customer, newest first; those of test clocks are in no list of Stripe's. */
export async function* surveyCustomers(stripe: StripeGateway): AsyncGenerator<SurveyedCustomer> {
  for await (const { id, metadata, created } of stripe.customers.list({ limit: PAGE })) {
    yield { stripeCustomerId: id, externalId: metadata['external_id'] ?? null, createdAt: instant(created) };
  }
}

/** Every subscription that has not been canceled. */
export async function* surveySubscriptions(stripe: StripeGateway): AsyncGenerator<SurveyedSubscription> {
  for await (const subscription of stripe.subscriptions.list({ limit: PAGE })) {
    yield {
      subscriptionId: subscription.id,
      stripeCustomerId: idOf(subscription.customer),
      status: subscription.status,
      latestInvoiceId: idOrNull(subscription.latest_invoice),
      items: subscription.items.data.map(({ price, current_period_start: starts, current_period_end: ends }) => ({
        priceId: price.id,
        meterId: price.recurring?.meter ?? null,
        startsAt: instant(starts),
        endsAt: instant(ends),
      })),
    };
  }
}

/** Drafts and what is finalized and not paid. */
export async function* surveyOpenInvoices(stripe: StripeGateway): AsyncGenerator<SurveyedInvoice> {
  for (const status of ['draft', 'open'] as const) {
    for await (const { id, customer } of stripe.invoices.list({ status, limit: PAGE })) {
      const owner = idOrNull(customer);
      if (owner !== null) yield { invoiceId: id, stripeCustomerId: owner };
    }
  }
}
