// Half a year with planted facts, for the pricing health pack: a plan whose customers do the same every month with one
// action, a feature that costs more than it brings, goodwill that rises, bills that move; names that nobody registered,
// disputes, a credit note, a hold, packs, and a grant that another hand made at Stripe.
import type { Catalogue, Plan } from '../../src/domain/catalogue.ts';
import type { Database } from '../../src/storage/database.ts';
import { query } from '../../src/storage/query.ts';
import { atTheBank } from './bank.ts';
import { hybrid, sampleCatalogue, samplePolicy } from './catalogue.ts';
import { idOf, type Story, type Subscriber, tellStory } from './story.ts';

const plans: readonly Plan[] = [
  {
    ...hybrid,
    plan: 'steady',
    name: 'Steady',
    baseAmountMinor: 2_000,
    includedCredits: '2000',
    includedSharePercent: 50,
  },
  {
    ...hybrid,
    plan: 'lively',
    name: 'Lively',
    baseAmountMinor: 5_000,
    includedCredits: '1500',
    includedSharePercent: 50,
  },
  // Never sold yet: the model that bills are set beside.
  { ...hybrid, plan: 'metered', name: 'Metered', baseAmountMinor: 900, includedCredits: '0', pricePerCredit: '0.007' },
];
const catalogue: Catalogue = {
  ...sampleCatalogue,
  plans: plans.map((plan) => ({ ...plan, policy: { ...samplePolicy, planChange: 'at_renewal' } })),
};

const HALF_A_YEAR = ['2026-01', '2026-02', '2026-03', '2026-04', '2026-05', '2026-06'] as const;
const GOODWILL = ['20', '20', '20', '40', '40', '200'] as const;

type Call = Story['call'];

export interface HalfAYear {
  readonly story: Story;
  readonly steady: readonly Subscriber[];
  readonly lively: readonly Subscriber[];
}

/** Up to 2 July, five in the morning, when June's invoices are out and its pack is due in an hour. */
export async function tellHalfAYear(
  database: Database,
  { smtpUrl }: { readonly smtpUrl?: string } = {},
): Promise<HalfAYear> {
  const story = await tellStory(database, {
    catalogue,
    startsAt: '2026-01-01T00:00:00Z',
    ...(smtpUrl !== undefined && { smtpUrl }),
  });
  const agent = await story.person('agnes', 'support');
  const steady: Subscriber[] = [];
  const lively: Subscriber[] = [];
  // Bought, and taken back by the bank.
  const packs: (string | undefined)[] = [];
  let lost = '';
  for (let number = 0; number < 6; number += 1) steady.push(await story.subscriber('steady'));
  for (let number = 0; number < 4; number += 1) lively.push(await story.subscriber('lively'));
  for (const [index, month] of HALF_A_YEAR.entries()) {
    if (month === '2026-06') await beginOfJune(story, lost);
    await story.until(`${month}-10T12:00:00Z`);
    // Always the same calls, some more than others.
    for (const [at, customer] of steady.entries()) await customer.use(2_100 + 50 * at);
    for (const [at, customer] of lively.entries()) await livelyUse(customer, { month, index, at });
    await give(agent, lively[1], GOODWILL[index] ?? '0', `goodwill-${month}`);
    if (month === '2026-04') packs.push(await lively[3]?.buyPack());
    if (month === '2026-05') {
      packs.push(await lively[2]?.buyPack());
      await story.until('2026-05-20T12:00:00Z');
      lost = await atTheBank(story, '/disputes', { invoice: packs[0] });
    }
  }
  await story.until('2026-06-12T12:00:00Z');
  await atTheBank(story, '/disputes', { invoice: packs[1] });
  await restOfJune(story, agent, { steady, lively });
  await story.until('2026-07-02T05:00:00Z');
  return { story, steady, lively };
}

interface Use {
  readonly month: string;
  readonly index: number;
  readonly at: number;
}

/** A swing in use, dearer in June; from April on one of them with a model that nobody knows. */
async function livelyUse(customer: Subscriber, { month, index, at }: Use): Promise<void> {
  const tokens = 1_000_000 * (1 + ((index * 3 + at * 2) % 5));
  const model = index >= 3 && at === 0 ? 'nobody-knows-1' : 'text-1';
  const dollars = String((tokens / 1_000_000) * (month === '2026-06' ? 14 : 4));
  await customer.use(0, {
    action: 'llm.complete',
    quantities: { input_tokens: tokens },
    provider: { model, key: 'prod', cost: { amount: dollars, currency: 'usd' } },
  });
  await customer.use(0, {
    action: 'report.generate',
    quantities: {},
    provider: { model: 'text-1', key: 'prod', cost: { amount: '0.05', currency: 'usd' } },
  });
}

/** Who answers for what, and the margins that are wanted. The grant at Stripe is of a customer who never used anything. */
async function beginOfJune(story: Story, lost: string): Promise<void> {
  await story.until('2026-06-03T12:00:00Z');
  const [because, owner] = ['our contract', 'ada@example.com'];
  for (const [kind, name] of [
    ['model', 'text-1'],
    ['key', 'prod'],
    ['feature', 'a*'],
    ['member', 'ana'],
  ]) {
    await done(story.call, 'PUT', '/v1/registered_uses', { kind, name, state: 'registered', owner, reason: because });
  }
  const blocked = { kind: 'model', name: 'banned-1', state: 'blocked', owner, reason: 'not reviewed' };
  await done(story.call, 'PUT', '/v1/registered_uses', blocked);
  const wanted = { targetPercent: 0, driftPoints: 5, features: [{ feature: 'reports', targetPercent: 99 }] };
  await done(story.call, 'POST', '/v1/model_prices', { currency: 'usd', models: [], margin: wanted });
  const idle = await story.subscriber('lively');
  const [price] = await query<{ id: string }>(
    story.billing.deps.db,
    `select stripe_metered_price_id as id from plan_versions where plan = 'lively'`,
  );
  await story.stripe.billing.creditGrants.create({
    customer: idle.stripeCustomer,
    amount: { type: 'monetary', monetary: { currency: 'usd', value: 500 } },
    category: 'promotional',
    applicability_config: { scope: { prices: [{ id: price?.id ?? '' }] } },
  });
  await story.until('2026-06-08T12:00:00Z');
  await atTheBank(story, `/disputes/${lost}/close`, { status: 'lost' });
}

async function restOfJune(
  story: Story,
  agent: Call,
  { steady, lively }: Pick<HalfAYear, 'steady' | 'lively'>,
): Promise<void> {
  await story.until('2026-06-15T12:00:00Z');
  const [, , , last] = lively;
  if (last === undefined) throw new Error('nobody is lively');
  await named(story, last);
  const twice = await last.use(0, { action: 'report.generate', quantities: {} });
  await done(agent, 'POST', '/v1/cases', {
    customer: last.stripeCustomer,
    kind: 'duplicate_usage',
    ticket: 'SUP-7',
    usage_events: [twice['usage_event']],
    outcome: { type: 'restore_credits' },
    submit: true,
  });
  const invoice = await steady[0]?.cycleInvoice();
  await done(story.call, 'POST', '/v1/credit_notes', {
    invoice: invoice?.['id'],
    amount_minor: 200,
    settle_as: 'customer_balance',
    reason: 'billing_error',
    ticket: 'SUP-8',
  });
  const waiting = await give(agent, steady[2], '6000', 'far-too-much');
  const lea = await story.person('lea', 'approver');
  await done(lea, 'POST', `/v1/cases/${idOf(waiting)}/refuse`, { comment: 'not for one slow page' });
  await story.until('2026-06-20T12:00:00Z');
  await done(story.call, 'POST', '/v1/reconciliations', {});
  await story.until('2026-06-29T12:00:00Z');
  await give(agent, steady[1], '5000', 'too-much');
}

/** A hold, and uses that name members, keys and models which nobody registered; one of them in euros. */
async function named(story: Story, customer: Subscriber): Promise<void> {
  const cost = (model: string, key: string, amount: string, currency = 'usd') => ({
    provider: { model, key, cost: { amount, currency } },
  });
  const asked = { customer: customer.stripeCustomer, action: 'api.call', credits: '40' };
  const held = await done(story.call, 'POST', '/v1/holds', asked);
  const capture = { amount: '30', ...cost('text-1', 'prod', '0.1') };
  await done(story.call, 'POST', `/v1/holds/${idOf(held)}/capture`, capture);
  await customer.use(10, { member: 'ana', ...cost('text-1', 'laptop', '0.02') });
  await customer.use(10, { member: 'bob', ...cost('text-1', 'prod', '3', 'eur') });
  await customer.use(10, cost('banned-1', 'prod', '0.5'));
  const line = { day: '2026-06-14', model: 'rogue-2', amount: '7', currency: 'usd' };
  await done(story.call, 'POST', '/v1/provider_bills', { provider: 'acme', name: 'june', lines: [line] });
}

async function give(agent: Call, customer: Subscriber | undefined, credits: string, key: string) {
  const outcome = { type: 'adjust_future_usage', credits };
  const body = { customer: customer?.stripeCustomer, kind: 'goodwill', ticket: key, outcome, submit: true };
  return done(agent, 'POST', '/v1/cases', body, key);
}

let keys = 0;

async function done(call: Call, method: string, path: string, body: object, key?: string) {
  keys += 1;
  const answer = await call(method, path, body, method === 'PUT' ? undefined : (key ?? `half-a-year-${keys}`));
  if (answer.status >= 300) throw new Error(`${method} ${path} was answered by ${JSON.stringify(answer.body)}`);
  return answer.body;
}
