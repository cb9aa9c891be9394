// Half a year with planted facts, for the pricing health pack: a plan whose customers do the same every month with one
// action, a feature that costs more than it brings, goodwill that rises, bills that move.
import type { Catalogue, Plan } from '../../src/domain/catalogue.ts';
import type { Database } from '../../src/storage/database.ts';
import { hybrid, sampleCatalogue, samplePolicy } from './catalogue.ts';
import { type Story, type Subscriber, tellStory } from './story.ts';

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

export interface HalfAYear {
  readonly story: Story;
  readonly steady: readonly Subscriber[];
  readonly lively: readonly Subscriber[];
}

/** Up to 2 July, when June's invoices are out. */
export async function tellHalfAYear(database: Database): Promise<HalfAYear> {
  const story = await tellStory(database, { catalogue, startsAt: '2026-01-01T00:00:00Z' });
  const agent = await story.person('agnes', 'support');
  const steady: Subscriber[] = [];
  const lively: Subscriber[] = [];
  for (let number = 0; number < 5; number += 1) steady.push(await story.subscriber('steady'));
  for (let number = 0; number < 4; number += 1) lively.push(await story.subscriber('lively'));
  for (const [index, month] of HALF_A_YEAR.entries()) {
    await story.until(`${month}-10T12:00:00Z`);
    // Always the same calls, some more than others.
    for (const [at, customer] of steady.entries()) await customer.use(2_100 + 50 * at);
    for (const [at, customer] of lively.entries()) {
      // A swing in use, and in June a model that nobody knows.
      const tokens = 1_000_000 * (1 + ((index * 3 + at * 2) % 5));
      const model = month === '2026-06' && at === 0 ? 'nobody-knows-1' : 'text-1';
      const dollars = String((tokens / 1_000_000) * (month === '2026-06' ? 14 : 4));
      await customer.use(0, {
        action: 'llm.complete',
        quantities: { input_tokens: tokens },
        provider: { model, key: 'prod', cost: { amount: dollars, currency: 'usd' } },
      });
      await customer.use(0, { action: 'report.generate', quantities: {} });
    }
    await give(agent, lively[1], GOODWILL[index] ?? '0', `goodwill-${month}`);
  }
  await story.until('2026-06-30T12:00:00Z');
  const known = {
    kind: 'model',
    name: 'text-1',
    state: 'registered',
    owner: 'ada@example.com',
    reason: 'our contract',
  };
  const registered = await story.call('PUT', '/v1/registered_uses', known);
  if (registered.status >= 300) throw new Error(JSON.stringify(registered.body));
  await story.call('POST', '/v1/reconciliations', {});
  await story.until('2026-07-02T06:00:00Z');
  return { story, steady, lively };
}

async function give(agent: Story['call'], customer: Subscriber | undefined, credits: string, key: string) {
  const outcome = { type: 'adjust_future_usage', credits };
  const body = { customer: customer?.stripeCustomer, kind: 'goodwill', ticket: key, outcome, submit: true };
  const { status } = await agent('POST', '/v1/cases', body, key);
  if (status >= 300) throw new Error(`goodwill was answered by ${status}`);
}
