// Questions that `doctor` asks Stripe. None changes anything: rights to write are asked for on objects that do not exist.
import { Stripe } from 'stripe';

import type { EndpointFacts, RightFacts } from '../domain/checkup.ts';
import type { StripeGateway } from './gateway.ts';

/** The API version that the SDK sends and our code is written for. */
export const PINNED_API_VERSION: string = Stripe.API_VERSION;

/** Webhook endpoints and event destinations; null where the key may not read them. */
export async function listEndpoints(stripe: StripeGateway): Promise<readonly EndpointFacts[] | null> {
  const found: EndpointFacts[] = [];
  try {
    for await (const endpoint of stripe.webhookEndpoints.list({ limit: 100 })) {
      const { id, url, status, api_version: apiVersion, enabled_events: events } = endpoint;
      found.push({ id, url, payload: 'snapshot', enabled: status === 'enabled', apiVersion, events });
    }
    const include = ['webhook_endpoint.url'] as const;
    for await (const destination of stripe.v2.core.eventDestinations.list({ limit: 100, include: [...include] })) {
      const { id, status, event_payload: payload, enabled_events: events, webhook_endpoint: to } = destination;
      if (payload !== 'thin' && payload !== 'snapshot') continue;
      const apiVersion = destination.snapshot_api_version ?? null;
      // The same endpoint may be listed by both interfaces.
      if (found.some((known) => known.id === id)) continue;
      found.push({ id, url: to?.url ?? '', payload, enabled: status === 'enabled', apiVersion, events });
    }
    return found;
  } catch (error) {
    if (error instanceof Stripe.errors.StripePermissionError) return null;
    throw error;
  }
}

/** Stripe's time, from the answer to a request for the account, to the second. */
export async function fetchStripeTime(stripe: StripeGateway): Promise<Date | null> {
  const { lastResponse } = await stripe.accounts.retrieveCurrent();
  const date = lastResponse.headers['date'];
  return date === undefined ? null : new Date(date);
}

interface Probe {
  /** Stripe's name for the scope as far as one is known, else what it would be about. */
  readonly right: string;
  readonly why: string;
  /** The SDK's resource whose calls need it; POST stands for its reads too. */
  readonly resource: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** What the call is refused for, where no id in its path does it. */
  readonly body?: Readonly<Record<string, string>>;
  /** Needed only where usage is reported by the stream. */
  readonly ofStream?: true;
}

const NOBODY = 'creditpool_doctor';

/** A right to read, by a list of one or an object that does not exist. */
function read(right: string, why: string, resource: string, path: string): Probe {
  return { right: `${right}_read`, why, resource, method: 'GET', path: `/v1/${path}` };
}

/** A right to write, by a change of an object that does not exist, or one that lacks what it needs. */
function write(right: string, why: string, resource: string, path: string): Probe {
  return { right: `${right}_write`, why, resource, method: 'POST', path: `/v1/${path}` };
}

/** The rights that docs/stripe.md lists: one for each resource that the files of this folder call. */
export const RIGHTS: readonly Probe[] = [
  read('rak_customer', 'mirrors customers and their balance', 'customers', 'customers?limit=1'),
  read('rak_event', 'fills gaps in the events', 'events', 'events?limit=1'),
  read('rak_invoice', 'mirrors payments', 'invoicePayments', 'invoice_payments?limit=1'),
  read('rak_charge', 'mirrors refunds', 'refunds', 'refunds?limit=1'),
  read('rak_charge', 'finds what was charged and came back', 'charges', 'charges?limit=1'),
  read('rak_dispute', 'mirrors disputes', 'disputes', 'disputes?limit=1'),
  read(
    'rak_balance_transaction_source',
    'tells what a dispute took and cost',
    'balanceTransactions',
    `balance_transactions/txn_${NOBODY}`,
  ),
  read('rak_tax_rate', 'rounds taxed drafts', 'taxRates', 'tax_rates?limit=1'),
  write('rak_product', 'plan push', 'products', `products/prod_${NOBODY}`),
  write('rak_plan', 'plan push makes prices', 'prices', `prices/price_${NOBODY}`),
  write('rak_billing_meter', 'plan push makes meters', 'billing.meters', `billing/meters/mtr_${NOBODY}/reactivate`),
  write('rak_billing_meter', 'reports usage', 'billing.meterEvents', 'billing/meter_events'),
  write(
    'rak_billing_meter',
    'takes back an event that was swallowed',
    'billing.meterEventAdjustments',
    'billing/meter_event_adjustments',
  ),
  {
    right: 'credit grants: write',
    why: 'projects lots',
    resource: 'billing.creditGrants',
    method: 'POST',
    path: `/v1/billing/credit_grants/credgr_${NOBODY}/expire`,
  },
  {
    right: 'credit balance transactions: read',
    why: 'mirrors what invoices took of the credits',
    resource: 'billing.creditBalanceTransactions',
    method: 'GET',
    path: `/v1/billing/credit_balance_transactions/cbtxn_${NOBODY}`,
  },
  write('rak_subscription', 'changes and ends subscriptions', 'subscriptions', `subscriptions/sub_${NOBODY}`),
  read('rak_subscription', 'mirrors their items', 'subscriptionItems', `subscription_items/si_${NOBODY}`),
  write(
    'rak_subscription',
    'changes plans with the renewal',
    'subscriptionSchedules',
    `subscription_schedules/sub_sched_${NOBODY}`,
  ),
  write('rak_invoice', 'mirrors invoices, and the invoice gate', 'invoices', `invoices/in_${NOBODY}`),
  write('rak_invoice_item', 'corrects drafts', 'invoiceItems', `invoiceitems/ii_${NOBODY}`),
  write('rak_credit_note', 'mirrors and issues credit notes', 'creditNotes', `credit_notes/cn_${NOBODY}`),
  write(
    'rak_checkout_session',
    'sells packs on a page of Stripe’s',
    'checkout.sessions',
    `checkout/sessions/cs_test_${NOBODY}/expire`,
  ),
  {
    right: 'v2 events: read',
    why: 'fetches what a meter could not count',
    resource: 'v2.core.events',
    method: 'GET',
    path: `/v2/core/events/evt_${NOBODY}`,
  },
  {
    right: 'v2 meter event sessions: write',
    why: 'reports usage, where that goes by the stream',
    resource: 'v2.billing.meterEventSession',
    method: 'POST',
    path: '/v2/billing/meter_event_session',
    body: { [NOBODY]: 'no session, please' },
    ofStream: true,
  },
];

/** Tries each right: a 403 says that it is missing, any other answer that the key got as far as the object. */
export async function probeRights(
  stripe: StripeGateway,
  { isStreaming }: { readonly isStreaming: boolean },
): Promise<readonly RightFacts[]> {
  const facts: RightFacts[] = [];
  for (const { right, why, ofStream = false, ...probe } of RIGHTS) {
    if (!ofStream || isStreaming) facts.push({ right, why, has: await isAllowed(stripe, probe) });
  }
  return facts;
}

async function isAllowed(
  stripe: StripeGateway,
  { method, path, body }: Pick<Probe, 'method' | 'path' | 'body'>,
): Promise<boolean> {
  try {
    await stripe.rawRequest(method, path, body);
    return true;
  } catch (error) {
    if (error instanceof Stripe.errors.StripePermissionError) return false;
    if (error instanceof Stripe.errors.StripeInvalidRequestError) return true;
    throw error;
  }
}
