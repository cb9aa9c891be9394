// Half a year of six customers with facts planted in June: a feature that costs more than it brings, goodwill that rises
// each month, a duplicate that was undone, a dispute, bills that moved.
import type { Catalogue } from '../../src/domain/catalogue.ts';
import type { Database } from '../../src/storage/database.ts';
import { atTheBank } from './bank.ts';
import { hybrid, sampleCatalogue, samplePolicy } from './catalogue.ts';
import { type Story, type Subscriber, tellStory } from './story.ts';

/** $50 with 10 000 credits, half of the fee being theirs: a quarter of a cent each. Then a cent. */
const policy = { ...samplePolicy, planChange: 'at_renewal' as const };
const team = { ...hybrid, plan: 'team', baseAmountMinor: 5_000, includedSharePercent: 50, policy };
const catalogue: Catalogue = { ...sampleCatalogue, plans: [team] };

const MONTHS = ['2026-01', '2026-02', '2026-03', '2026-04', '2026-05', '2026-06'] as const;
/** Credits given to the fourth customer: 790 in all. */
export const GOODWILL = ['50', '50', '100', '150', '200', '240'] as const;

export interface SixMonths {
  readonly story: Story;
  readonly customers: readonly Subscriber[];
}

/** Tells them up to 1 July, six in the morning, when June's invoices are out. */
export async function tellSixMonths(database: Database): Promise<SixMonths> {
  const story = await tellStory(database, { catalogue, startsAt: '2026-01-01T00:00:00Z' });
  const agent = await story.person('agnes', 'support');
  const customers: Subscriber[] = [];
  for (let number = 0; number < 6; number += 1) customers.push(await story.subscriber('team'));
  for (const [index, month] of MONTHS.entries()) {
    const isJune = month === '2026-06';
    await story.until(`${month}-10T12:00:00Z`);
    // The last one uses nothing in June.
    for (const customer of isJune ? customers.slice(0, 5) : customers) await usual(customer, isJune ? '4' : '1');
    await give(agent, customers[3], GOODWILL[index] ?? '0', `goodwill-${month}`);
    if (isJune) await june(story, agent, customers);
  }
  await story.until('2026-07-01T06:00:00Z');
  return { story, customers };
}

/** 6 020 credits of three features; two of them say what they cost. */
async function usual(customer: Subscriber, dollars: string): Promise<void> {
  const cost = (amount: string) => ({ model: 'text-1', key: 'prod', cost: { amount, currency: 'usd' } });
  await customer.use(0, { action: 'llm.complete', quantities: { input_tokens: 1_000_000 }, provider: cost(dollars) });
  await customer.use(5_000);
  await customer.use(0, { action: 'report.generate', quantities: {}, provider: cost('0.01') });
}

async function june(story: Story, agent: Story['call'], customers: readonly Subscriber[]): Promise<void> {
  const [first, second, third, fourth, fifth] = customers;
  const twice = await third?.use(100);
  await agent(
    'POST',
    '/v1/cases',
    {
      customer: third?.stripeCustomer,
      kind: 'duplicate_usage',
      ticket: 'SUP-7',
      usage_events: [twice?.['usage_event']],
      outcome: { type: 'restore_credits' },
      submit: true,
    },
    'duplicate',
  );
  const invoice = await second?.buyPack();
  await story.until('2026-06-20T12:00:00Z');
  for (const customer of [first, second, fourth]) await customer?.use(6_000);
  await story.until('2026-06-25T12:00:00Z');
  await atTheBank(story, '/disputes', { invoice: invoice ?? '' });
  await story.until('2026-06-29T12:00:00Z');
  await give(agent, fifth, '5000', 'too-much');
  await story.call('POST', '/v1/reconciliations', {});
}

async function give(agent: Story['call'], customer: Subscriber | undefined, credits: string, key: string) {
  const outcome = { type: 'adjust_future_usage', credits };
  const body = { customer: customer?.stripeCustomer, kind: 'goodwill', ticket: key, outcome, submit: true };
  const { status } = await agent('POST', '/v1/cases', body, key);
  if (status >= 300) throw new Error(`goodwill was answered by ${status}`);
}
