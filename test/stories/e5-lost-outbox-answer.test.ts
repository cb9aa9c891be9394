import { expect, test } from 'vitest';

import type { FaultKind } from '../../src/simulator/faults.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, type Story, type Subscriber, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const stored500 = await tellStory(database);
const second = await cloneDatabase();
const brokenConnection = await tellStory(second.database);
const third = await cloneDatabase();
const dayLater = await tellStory(third.database);

/** From now on the next of each kind of message is done at Stripe, and its answer is lost. */
function loseAnswers({ simulator }: Story, kind: FaultKind, ...paths: readonly string[]): void {
  for (const path of paths) simulator.faults.add({ match: { method: 'POST', path, times: 1 }, kind });
}

/** A1, with a pack and a credit note whose answers are lost like all others. */
async function tell(story: Story, kind: FaultKind, pause: () => Promise<void>): Promise<Subscriber> {
  const customer = await story.subscriber();
  await story.until('2026-04-10T12:00:00Z');
  loseAnswers(story, kind, 'credit_grants$');
  await customer.buyPack();
  await pause();
  await story.relayed();
  loseAnswers(story, kind, 'meter_events$');
  await customer.use(22_500);
  await story.until('2026-04-14T12:00:00Z');
  await pause();
  await story.relayed();

  loseAnswers(story, kind, 'finalize$');
  await story.until('2026-05-01T01:00:00Z');
  await story.relayed();
  await story.until('2026-05-02T00:00:00Z');
  const invoice = await customer.cycleInvoice();
  loseAnswers(story, kind, 'credit_notes$');
  const asked = {
    invoice: invoice['id'],
    amount_minor: 1_000,
    settle_as: 'customer_balance',
    reason: 'goodwill',
    ticket: 'SUP-5',
  };
  const first = await story.call('POST', '/v1/credit_notes', asked, 'note-1');
  expect([200, 202]).toContain(first.status);
  await story.relayed();
  const again = await story.call('POST', '/v1/credit_notes', asked, 'note-1');
  expect(again).toMatchObject({ status: 200, body: { state: 'issued', id: first.body['id'] } });
  return customer;
}

/** One of each at Stripe, never two. */
async function expectOneOfEach(story: Story, { stripeCustomer: customer }: Subscriber): Promise<void> {
  const { stripe, simulator } = story;
  for (const path of ['billing/credit_grants', 'billing/meter_events', 'invoices/in_1/finalize', 'credit_notes']) {
    // Each answer was lost.
    expect(simulator.faults.take('POST', `/v1/${path}`)).toBeUndefined();
  }
  const notes = await stripe.creditNotes.list({ customer });
  expect(notes.data.map(({ total }) => total)).toEqual([1_000]);
  const grants = await stripe.billing.creditGrants.list({ customer, limit: 100 });
  // April's allowance, the pack, May's allowance.
  expect(grants.data.map(({ amount }) => amount.monetary?.value)).toEqual([10_000, 10_000, 10_000]);
  const [meter] = (await stripe.billing.meters.list()).data;
  const { data } = await stripe.billing.meters.listEventSummaries(meter?.id ?? '', {
    customer,
    start_time: Date.parse('2026-04-01T00:00:00Z') / 1000,
    end_time: Date.parse('2026-05-01T00:00:00Z') / 1000,
  });
  expect(data.reduce((sum, { aggregated_value: value }) => sum + value, 0)).toBe(22_500_000);
}

const books = {
  // 99.00 and 225.00, less 200.00 of credits.
  invoice: '124',
  credits_applied: '200',
  lots: '10000',
  // One of May's 31 days is earned and all of the pack: 99.00 − 3.19.
  deferred: '95.81',
  receivable: '0',
  cash: '303',
  open_grants: '100',
  variances: 0,
};

test('E5 Lost outbox answer: a stored 500 after Stripe did it makes one of each', { timeout: 120_000 }, async () => {
  const customer = await tell(stored500, '500_after', async () => undefined);
  await expectOneOfEach(stored500, customer);
  await expectBooks(stored500, customer, books);
});

test(
  'E5 Lost outbox answer: a broken connection after Stripe did it makes one of each',
  { timeout: 120_000 },
  async () => {
    const customer = await tell(brokenConnection, 'cut_after', async () => undefined);
    await expectOneOfEach(brokenConnection, customer);
    await expectBooks(brokenConnection, customer, books);
  },
);

test('E5 Lost outbox answer: also when it is asked again a day later', { timeout: 120_000 }, async () => {
  const pause = async (): Promise<void> => {
    const now = await dayLater.clock.now();
    await dayLater.down(new Date(now.getTime() + 26 * 3_600_000).toISOString());
    await dayLater.back();
  };
  const customer = await tell(dayLater, 'cut_after', pause);
  await expectOneOfEach(dayLater, customer);
  await expectBooks(dayLater, customer, books);
});
