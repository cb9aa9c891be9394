import { expect, test } from 'vitest';

import { textOf } from '../support/api.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, type Story, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const repaired = await tellStory(database);
const other = await cloneDatabase();
const silent = await tellStory(other.database);

/** A1, whose last 500 calls are reported in the last hours of April and never counted. */
async function lastHoursOfApril(story: Story, swallowed: number) {
  const customer = await story.subscriber();
  await story.until('2026-04-20T12:00:00Z');
  await customer.use(11_000);
  const { usage_event: twice } = await customer.use(1_000);
  await story.until('2026-04-30T20:30:00Z');
  story.simulator.faults.swallowMeterEvents(swallowed);
  await customer.use(500);
  return { customer, twice: textOf(twice) };
}

test(
  'E6 Gate: a swallowed meter event is sent again, and the invoice goes out at $124.00',
  { timeout: 120_000 },
  async () => {
    const { customer } = await lastHoursOfApril(repaired, 1);
    await repaired.until('2026-05-02T00:00:00Z');
    await expectBooks(repaired, customer, {
      invoice: '124',
      credits_applied: '100',
      lots: '10000',
      // One of May's 31 days is earned: 99.00 − 3.19.
      deferred: '95.81',
      receivable: '0',
      cash: '223',
      open_grants: '100',
      variances: 0,
    });
  },
);

test(
  'E6 Gate: when Stripe is silent until the deadline, what it asks too much is taken off',
  { timeout: 120_000 },
  async () => {
    const { customer, twice } = await lastHoursOfApril(silent, 1_000);
    await silent.until('2026-05-01T00:20:00Z');
    // After the draft was guarded: 11 500 credits were used, 1 500 of them not covered, and Stripe never hears of it.
    const undone = { customer: customer.stripeCustomer, reason: 'duplicate', ticket: 'T-9' };
    expect(await silent.call('POST', `/v1/usage_events/${twice}/reverse`, undone, 'undone')).toMatchObject({
      status: 200,
    });
    // In one leap, so that time itself has to stop an hour before Stripe finalizes.
    await silent.until('2026-05-04T00:00:00Z');
    expect(await customer.cycleInvoice()).toMatchObject({ status: 'paid', total_minor: 11_400 });
    const [cycle] = (await silent.stripe.invoices.list({ customer: customer.stripeCustomer })).data;
    // Stripe counts 12 000: 99.00 and 120.00, less 100.00 of credits, and less the $5.00 that are not owed.
    expect(cycle?.lines.data.map(({ amount }) => amount).toSorted((a, b) => a - b)).toEqual([-500, 9_900, 12_000]);
    expect(cycle?.status_transitions.finalized_at).toBe(Date.parse('2026-05-03T00:00:00Z') / 1000);
    expect((await silent.stripe.creditNotes.list({ customer: customer.stripeCustomer })).data).toEqual([]);
    await expectBooks(silent, customer, {
      invoice: '114',
      credits_applied: '100',
      lots: '10000',
      // Three of May's 31 days are earned: 99.00 − 9.58.
      deferred: '89.42',
      receivable: '0',
      cash: '213',
      open_grants: '100',
      // Usage that Stripe counts too much, and the quantity of the line.
      variances: 2,
    });
  },
);

test(
  'E6 Gate: a draft that cannot be finalized is held, and goes out right once it can be',
  { timeout: 120_000 },
  async () => {
    const customer = await repaired.subscriber();
    await customer.use(12_500);
    await repaired.until('2026-06-02T00:10:00Z');
    const [draft] = (await repaired.stripe.invoices.list({ customer: customer.stripeCustomer, status: 'draft' })).data;
    const failures = `${repaired.simulator.url}/_simulator/invoices/${draft?.id}/fail_finalization`;
    expect((await fetch(failures, { method: 'POST', body: '{"times":2}' })).status).toBe(200);
    await repaired.until('2026-06-02T00:50:00Z');
    const { body } = await repaired.call('GET', '/v1/settlements?state=held');
    expect(body['data']?.[0]?.['held_because']).toContain("location isn't recognized");
    await repaired.until('2026-06-02T02:30:00Z');
    expect(await customer.cycleInvoice()).toMatchObject({ status: 'paid', total_minor: 12_400 });
    expect((await repaired.call('GET', '/v1/settlements?state=held')).body).toMatchObject({ data: [] });
  },
);
