import { describe, expect, test } from 'vitest';

import type { Switches } from '../../src/simulator/switches.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, type Story, type Subscriber, tellStory } from '../support/story.ts';
import { templateCatalogue } from '../support/templates.ts';

const catalogue = await templateCatalogue('cost-plus');

/** What is not settled about Stripe and this story touches: notes, the end of a grant near a draft, stamps of money. */
const POSITIONS: Readonly<Record<string, Partial<Switches>>> = {
  likeliest: {},
  other: {
    creditNoteShare: 'gross',
    grantEndingInDraftWindow: 'pays',
    draftsShowCredits: false,
    paymentStamps: 'test_clock',
    eventStamps: 'test_clock',
  },
};
/** A clock only goes forward: each half has its own April. */
const HALVES = ['on 20 April', 'in the draft window'] as const;
const stories = new Map<string, Story>();
for (const [position, switches] of Object.entries(POSITIONS)) {
  for (const half of HALVES) {
    const { database } = await cloneDatabase();
    stories.set(`${position} ${half}`, await tellStory(database, { catalogue, switches }));
  }
}
let keys = 0;

/** A pack of 10 000 for $80.00, 6 200 of it used; answers its invoice and the pack's line. */
async function used6200(story: Story, at: string): Promise<{ customer: Subscriber; invoice: string; line: string }> {
  const customer = await story.subscriber('cost-plus');
  const invoice = await customer.buyPack();
  await story.until(at);
  // 4 100 + 3 × 700 credits.
  const quantities = { input_tokens: '4100000', output_tokens: '700000' };
  expect(await customer.use(0, { action: 'llm.complete', quantities })).toMatchObject({ balance: '3800' });
  const { body } = await story.call('GET', `/v1/invoices/${invoice}`);
  const [pack] = body['lines'] as unknown as readonly { id: string; creditable_minor: number }[];
  expect(pack?.creditable_minor).toBe(3_040);
  return { customer, invoice, line: pack?.id ?? '' };
}

/** More than the unspent part is refused with the most that can be given back; the rest goes back by refund. */
async function giveBackTheRest(story: Story, { invoice, line }: { invoice: string; line: string }): Promise<void> {
  const asked = { invoice, settle_as: 'refund', reason: 'order_change', ticket: 'SUP-3' };
  const tooMuch = { ...asked, lines: [{ line, amount_minor: 3_041 }] };
  for (const path of ['/v1/credit_notes/preview', '/v1/credit_notes']) {
    keys += 1;
    const { status, body } = await story.call('POST', path, tooMuch, `rest-${keys}`);
    expect(status).toBe(422);
    expect(body['error']).toMatchObject({
      code: 'not_creditable',
      message: expect.stringContaining('at most 3040') as string,
      details: { creditable_minor: '3040' },
    });
  }
  const rest = { ...asked, lines: [{ line }] };
  const { body: preview } = await story.call('POST', '/v1/credit_notes/preview', rest);
  expect(preview).toMatchObject({ money: { amount_minor: 3_040 }, credits: { clawed_back: '3800' } });
  keys += 1;
  const body = { ...rest, preview_hash: preview['preview_hash'] };
  const { body: issued } = await story.call('POST', '/v1/credit_notes', body, `rest-${keys}`);
  expect(issued).toMatchObject({ state: 'issued', amount_minor: 3_040, settled_as: 'refund' });
}

async function expectTheBooksOfA3(story: Story, customer: Subscriber): Promise<void> {
  expect(await customer.balance()).toMatchObject({ available: '0' });
  expect(await customer.cycleInvoice()).toMatchObject({ status: 'paid', total_minor: 0, amount_due_minor: 0 });
  await expectBooks(story, customer, {
    invoice: '0',
    credits_applied: '49.6',
    lots: '0',
    deferred: '0',
    receivable: '0',
    cash: '49.6',
    open_grants: '0',
    variances: 0,
  });
}

describe.for(Object.keys(POSITIONS))('A3 with %s answers to what is uncertain about Stripe', (position) => {
  const told = (half: (typeof HALVES)[number]): Story => {
    const story = stories.get(`${position} ${half}`);
    if (story === undefined) throw new Error('there is no story');
    return story;
  };

  test('the rest is asked back on 20 April: $30.40 and 3 800 credits', { timeout: 120_000 }, async () => {
    const story = told('on 20 April');
    const bought = await used6200(story, '2026-04-10T12:00:00Z');
    await story.until('2026-04-20T12:00:00Z');
    await giveBackTheRest(story, bought);
    expect(await bought.customer.balance()).toMatchObject({ available: '0' });
    await story.until('2026-05-02T00:00:00Z');
    await expectTheBooksOfA3(story, bought.customer);
  });

  test('asked on 1 May 00:30 instead: the same books and total', { timeout: 120_000 }, async () => {
    const story = told('in the draft window');
    const bought = await used6200(story, '2026-04-10T12:00:00Z');
    await story.until('2026-05-01T00:30:00Z');
    await giveBackTheRest(story, bought);
    expect(await bought.customer.balance()).toMatchObject({ available: '0' });
    await story.until('2026-05-02T00:00:00Z');
    await expectTheBooksOfA3(story, bought.customer);
  });
});
