import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Stripe } from 'stripe';

import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/simulator.ts';

export const seconds = (iso: string): number => Date.parse(iso) / 1000;

/** The id of a field that could have been expanded. */
export function idOf(field: string | { readonly id: string } | null | undefined): string {
  return typeof field === 'string' ? field : (field?.id ?? '');
}

export interface Stage extends AsyncDisposable {
  readonly simulator: Simulator;
  readonly stripe: Stripe;
}

export function clientOf(simulator: Simulator): Stripe {
  const { host, port } = simulator;
  return new Stripe(simulator.secretKey, { host, port, protocol: 'http', telemetry: false, maxNetworkRetries: 0 });
}

/** A simulator of its own and the real SDK pointed at it. */
export async function openStage(options: SimulatorOptions = {}): Promise<Stage> {
  const simulator = await startSimulator(options);
  return { simulator, stripe: clientOf(simulator), [Symbol.asyncDispose]: async () => simulator.close() };
}

/** Moves a test clock and waits until all that fell due is done. */
export async function advance({ simulator, stripe }: Stage, clock: string, to: string): Promise<void> {
  await stripe.testHelpers.testClocks.advance(clock, { frozen_time: seconds(to) });
  await simulator.settled();
}

export interface Plan {
  readonly clock: string;
  readonly customer: string;
  readonly meter: string;
  readonly base: string;
  readonly usage: string;
  readonly subscription: string;
}

/** A1's plan: a monthly fee and a meter in milli-credits, for a customer on a test clock. */
export async function subscribe(
  { stripe }: Stage,
  {
    fee = 9900,
    perUnit = '0.001',
    start = '2026-04-01T00:00:00Z',
    subscription: extra = {},
  }: { fee?: number; perUnit?: string; start?: string; subscription?: Partial<Stripe.SubscriptionCreateParams> } = {},
): Promise<Plan> {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: seconds(start) });
  const customer = await stripe.customers.create({
    name: 'Ada',
    test_clock: clock.id,
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
  });
  const meter = await stripe.billing.meters.create({
    display_name: 'Credits',
    event_name: 'credits',
    default_aggregation: { formula: 'sum' },
  });
  const product = await stripe.products.create({ name: 'Hybrid' });
  const base = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: fee,
    recurring: { interval: 'month' },
  });
  const usage = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount_decimal: Stripe.Decimal.from(perUnit),
    recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
  });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: base.id }, { price: usage.id }],
    ...extra,
  });
  return {
    clock: clock.id,
    customer: customer.id,
    meter: meter.id,
    base: base.id,
    usage: usage.id,
    subscription: subscription.id,
  };
}

/** Reports usage of the plan's meter. */
export async function use(
  { stripe }: Stage,
  plan: Plan,
  value: number | string,
  at: string,
  identifier?: string,
): Promise<void> {
  await stripe.billing.meterEvents.create({
    event_name: 'credits',
    payload: { stripe_customer_id: plan.customer, value: String(value) },
    timestamp: seconds(at),
    ...(identifier === undefined ? {} : { identifier }),
  });
}

/** A grant of money for the plan's usage price. */
export async function grant(
  { stripe }: Stage,
  plan: Plan,
  value: number,
  more: Partial<Stripe.Billing.CreditGrantCreateParams> = {},
): Promise<Stripe.Billing.CreditGrant> {
  return stripe.billing.creditGrants.create({
    customer: plan.customer,
    amount: { type: 'monetary', monetary: { currency: 'usd', value } },
    applicability_config: { scope: { prices: [{ id: plan.usage }] } },
    ...more,
  });
}

export interface Listener extends AsyncDisposable {
  readonly url: string;
  readonly received: { readonly body: string; readonly signature: string }[];
  answer: number;
  /** Answers are held back until then. */
  until: Promise<void>;
}

/** A webhook endpoint that remembers what it was sent. */
export async function openListener(): Promise<Listener> {
  const received: { body: string; signature: string }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const signature = request.headers['stripe-signature'];
      received.push({
        body: Buffer.concat(chunks).toString('utf8'),
        signature: typeof signature === 'string' ? signature : '',
      });
      void listener.until.then(() => response.writeHead(listener.answer).end());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const listener: Listener = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    received,
    answer: 200,
    until: Promise.resolve(),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return listener;
}
