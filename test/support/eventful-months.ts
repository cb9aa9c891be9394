// Months in which customers of many plans do whatever customers do, from outside and in an order that only a seed decides.
import type { Catalogue, Plan } from '../../src/domain/catalogue.ts';
import { hybrid, sampleCatalogue, samplePolicy } from './catalogue.ts';
import { idOf, type Story, type Subscriber } from './story.ts';

const rollover = { capPercent: 50, capCredits: null, periods: 1, priority: null } as const;

/** A plan for each rule that decides a bill. */
const EVENTFUL_PLANS: readonly Plan[] = [
  hybrid,
  { ...hybrid, plan: 'rolling', baseAmountMinor: 4900, includedCredits: '1500', policy: { ...samplePolicy, rollover } },
  {
    ...hybrid,
    plan: 'seats',
    baseAmountMinor: 4900,
    includedCredits: '300',
    pricePerCredit: '0.0333',
    policy: { ...samplePolicy, seats: { add: 'prorated' } },
  },
  {
    ...hybrid,
    plan: 'each',
    baseAmountMinor: 0,
    includedCredits: '150',
    policy: { ...samplePolicy, pooling: 'member', transfers: 'within_customer', paydown: false },
  },
  {
    ...hybrid,
    plan: 'packs',
    baseAmountMinor: 0,
    includedCredits: '0',
    pricePerCredit: '0.008',
    policy: { ...samplePolicy, zeroBalance: 'block', debtLimit: '200' },
  },
  {
    ...hybrid,
    plan: 'capped',
    includedCredits: '200',
    policy: { ...samplePolicy, overageCap: '150', debtLimit: '60' },
  },
  {
    ...hybrid,
    plan: 'yearly',
    interval: 'year',
    creditsEvery: 'month',
    baseAmountMinor: 99_000,
    includedCredits: '400',
  },
];

export const eventfulCatalogue: Catalogue = { ...sampleCatalogue, plans: [...EVENTFUL_PLANS] };

/** Numbers of a seed: the same each time (mulberry32). */
function chances(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** A customer of each plan, and what one of them does at a visit. */
export async function openEventful(story: Story, seed: number) {
  const pick = chances(seed);
  const customers = new Map<string, Subscriber>();
  for (const { plan } of EVENTFUL_PLANS) customers.set(plan, await story.subscriber(plan));
  let deeds = 0;
  const used: { customer: Subscriber; usage: string }[] = [];
  const name = (): string => `deed-${seed}-${(deeds += 1)}`;

  async function use(customer: Subscriber, plan: string, at?: string): Promise<void> {
    const member = plan === 'each' ? { member: ['ann', 'ben', 'cem'][pick(3)] as string } : {};
    const isReport = pick(5) === 0;
    const many = plan === 'hybrid' ? 2_500 : 90;
    const what = isReport
      ? { action: 'report.generate', quantities: {} }
      : pick(3) === 0
        ? { action: 'llm.complete', quantities: { input_tokens: pick(40_000), output_tokens: pick(9_000) } }
        : { action: 'api.call', quantities: { calls: pick(many) } };
    const answer = await customer.use(1, { ...what, ...member, ...(at !== undefined && { at }) });
    if (typeof answer['usage_event'] === 'string') used.push({ customer, usage: answer['usage_event'] });
  }

  async function hold(customer: Subscriber): Promise<void> {
    const credits = 5 + pick(60);
    const body = { customer: customer.stripeCustomer, action: 'api.call', quantities: { calls: credits } };
    const placed = await story.call('POST', '/v1/holds', body, name());
    if (placed.status !== 200 && placed.status !== 201) return;
    const id = idOf(placed.body);
    const fate = pick(4);
    if (fate === 0) await story.call('POST', `/v1/holds/${id}/release`, {}, name());
    else if (fate < 3) {
      const amount = String(1 + pick(credits + 10));
      await story.call('POST', `/v1/holds/${id}/capture`, { amount, final: pick(3) > 0 }, name());
    }
  }

  async function reverse(): Promise<void> {
    const [one] = used.splice(pick(Math.max(1, used.length)), 1);
    if (one === undefined) return;
    const body = { customer: one.customer.stripeCustomer, reason: 'duplicate', ticket: 'SUP-1' };
    await story.call('POST', `/v1/usage_events/${one.usage}/reverse`, body, name());
  }

  async function gift(customer: Subscriber, at: Date): Promise<void> {
    const features = pick(2) === 0 ? { features: ['reports'] } : {};
    const expires =
      pick(2) === 0 ? { expires_at: new Date(at.getTime() + (3 + pick(40)) * 86_400_000).toISOString() } : {};
    const body = {
      customer: customer.stripeCustomer,
      source: 'promotional',
      credits: String(20 + pick(200)),
      reason: 'spring',
    };
    await story.call('POST', '/v1/grants', { ...body, ...features, ...expires }, name());
  }

  async function addSeat(customer: Subscriber): Promise<void> {
    const { items } = await story.stripe.subscriptions.retrieve(customer.subscription);
    const item = items.data.find(({ price }) => price.recurring?.usage_type === 'licensed');
    if (item === undefined) return;
    await story.stripe.subscriptions.update(customer.subscription, {
      items: [{ id: item.id, quantity: (item.quantity ?? 1) + 1 }],
    });
    await story.clock.settle();
  }

  async function transfer({ stripeCustomer: customer }: Subscriber): Promise<void> {
    const [from, to] = [
      { customer, member: 'ann' },
      { customer, member: 'ben' },
    ];
    await story.call('POST', '/v1/transfers', { from, to, credits: String(1 + pick(40)), reason: 'a favour' }, name());
  }

  return {
    customers,
    /** Each customer does a few things at this instant. */
    visit: async (at: Date): Promise<void> => {
      for (const [plan, customer] of customers) {
        for (let deed = 0; deed < 4; deed += 1) await use(customer, plan);
        if (plan !== 'each') await hold(customer);
        if (pick(6) === 0) await gift(customer, at);
        if (plan === 'packs' && pick(5) === 0) await customer.buyPack();
        if (plan === 'seats' && pick(6) === 0) await addSeat(customer);
        if (plan === 'each' && pick(3) === 0) await transfer(customer);
      }
      for (let undone = pick(3); undone > 0; undone -= 1) await reverse();
    },
    /** Just after a period's end: usage of before it, and of after it. */
    late: async (before: string): Promise<void> => {
      for (const [plan, customer] of customers) {
        await use(customer, plan, before);
        await use(customer, plan);
      }
    },
  };
}

/** Net of what Stripe charged in all, tax aside: from Stripe's own invoices, not from our mirror. */
export async function chargedMinor(
  story: Story,
  { stripeCustomer: customer }: Subscriber,
  until: Date,
): Promise<number> {
  let sum = 0;
  for await (const invoice of story.stripe.invoices.list({ customer, limit: 100 })) {
    if (invoice.status === 'draft' || invoice.status === 'void') continue;
    // The fee of the period that begins at the end is not part of the span.
    const ahead = invoice.lines.data.filter(
      ({ period, parent }) =>
        period.start * 1000 >= until.getTime() && parent?.subscription_item_details?.proration !== true,
    );
    sum += invoice.total - ahead.reduce((all, { amount }) => all + amount, 0);
  }
  return sum;
}
