import { existsSync } from 'node:fs';

import { expect, test } from 'vitest';

import { sampleUsage } from '../../src/demo/sample-usage.ts';
import { readUsageFile, type UsageRow } from '../../src/demo/usage-file.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';

const REAL_DATA = '../shared/data/azure-llm-2023-code.csv';
const isReal = existsSync(REAL_DATA);
const rows = await readRows();
const [first] = rows;
if (first === undefined) throw new Error('there is no usage');
const midnight = new Date(first.at.toISOString().slice(0, 10));

const { database } = await cloneDatabase();
const story = await tellStory(database, { startsAt: midnight.toISOString() });

async function readRows(): Promise<readonly UsageRow[]> {
  if (!isReal) return sampleUsage();
  const file = await readUsageFile(REAL_DATA);
  if ('unusable' in file) throw new Error(file.unusable);
  return file.rows;
}

/** 1 credit per 1 000 tokens read and 3 per 1 000 written: milli-credits are read + 3 × written. */
function milliCredits(of: readonly UsageRow[]): bigint {
  return of.reduce((sum, row) => sum + row.contextTokens + 3n * row.generatedTokens, 0n);
}

/** At a cent a credit, half a cent rounded up. */
function usageCents(milli: bigint): number {
  return Math.round(Number(milli) / 1000);
}

test('A8 Real traffic: every token of a real trace is on the invoice', { timeout: 120_000 }, async () => {
  const customer = await story.subscriber();
  const last = rows.at(-1)?.at ?? midnight;
  await story.until(new Date(last.getTime() + 60_000).toISOString());
  for (let from = 0; from < rows.length; from += 1_000) {
    const events = rows.slice(from, from + 1_000).map((row) => ({
      id: `line-${row.line}`,
      customer: customer.stripeCustomer,
      action: 'llm.complete',
      quantities: { input_tokens: row.contextTokens.toString(), output_tokens: row.generatedTokens.toString() },
      occurred_at: row.at,
    }));
    const { body } = await story.call('POST', '/v1/track', { events });
    expect(body).toMatchObject({ applied: events.length, rejected: 0 });
  }
  const milli = milliCredits(rows);
  expect(milli).toBe(isReal ? 18_797_662n : milliCredits(sampleUsage()));
  const used = `${milli / 1000n}.${String(milli % 1000n).padStart(3, '0')}`;
  const overage = `${milli / 1000n - 10_000n}.${String(milli % 1000n).padStart(3, '0')}`.replace(/\.?0+$/, '');
  expect(await customer.balance()).toMatchObject({ available: '0', overage: isReal ? '8797.662' : overage });

  const nextMonth = new Date(
    Date.UTC(midnight.getUTCFullYear(), midnight.getUTCMonth() + 1, midnight.getUTCDate() + 1),
  );
  await story.until(nextMonth.toISOString());
  const invoice = await customer.cycleInvoice();
  const lines = invoice['lines'] as unknown as readonly { kind: string; amount_minor: number }[];
  expect(lines.find(({ kind }) => kind === 'usage')?.amount_minor).toBe(isReal ? 18_798 : usageCents(milli));
  expect(await reportedCredits(customer.stripeCustomer)).toBe(used);
  const total = isReal ? '186.98' : String((9900 + usageCents(milli) - 10_000) / 100);
  const paid = isReal ? '285.98' : String((9900 + 9900 + usageCents(milli) - 10_000) / 100);
  await expectBooks(story, customer, {
    invoice: total,
    credits_applied: '100',
    lots: '10000',
    // One of the second month's 31 days is earned: 99.00 − 3.19.
    deferred: '95.81',
    receivable: '0',
    cash: paid,
    open_grants: '100',
    variances: 0,
  });
});

/** What Stripe's meter counts, in credits. */
async function reportedCredits(customer: string): Promise<string> {
  const [meter] = (await story.stripe.billing.meters.list()).data;
  const { data } = await story.stripe.billing.meters.listEventSummaries(meter?.id ?? '', {
    customer,
    start_time: midnight.getTime() / 1000,
    end_time: midnight.getTime() / 1000 + 30 * 86_400,
  });
  const milli = data.reduce((sum, { aggregated_value: value }) => sum + value, 0);
  return (milli / 1000).toFixed(3);
}
