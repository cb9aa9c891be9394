import { expect, test } from 'vitest';

import { textOf, type Wire } from '../support/api.ts';
import { cloneDatabase } from '../support/database.ts';
import { openReceiver } from '../support/receiver.ts';
import { expectBooks, idOf, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database);
const { stripe } = story;
const receiver = await openReceiver();

/** What came since the last look, by name, with the figures that are asked for: deliveries have no order. */
function heard(...fields: readonly string[]): readonly object[] {
  return receiver.received
    .splice(0)
    .toSorted((a, b) => (a.type < b.type ? -1 : 1))
    .map(({ type, object }) => ({ type, ...Object.fromEntries(fields.map((field) => [field, object[field]])) }));
}

async function listOf(path: string): Promise<readonly Wire[]> {
  return (await story.call('GET', path)).body['data'] as unknown as readonly Wire[];
}

test(
  'What happens to grants, notes, differences and months is told to a receiver that verifies each signature, and to nobody else',
  { timeout: 180_000 },
  async () => {
    const customer = await story.subscriber();
    // Nobody listens yet: nothing is kept.
    expect(await listOf(`/v1/alerts?customer=${customer.stripeCustomer}`)).toEqual([]);
    const { body: endpoint } = await story.call('POST', '/v1/webhook_endpoints', { url: receiver.url });
    receiver.secrets.push(textOf(endpoint['secret']));

    const invoice = await customer.buyPack();
    expect(heard('customer', 'source', 'granted', 'invoice', 'amount_minor', 'currency')).toMatchObject([
      { type: 'grant.created', source: 'purchased', granted: '10000', customer: { external_id: customer.externalId } },
      { type: 'top_up.completed', granted: '10000', invoice, amount_minor: '8000', currency: 'usd' },
    ]);
    const gift = { customer: customer.stripeCustomer, source: 'promotional', credits: '40', reason: 'spring offer' };
    const { body: grant } = await story.call(
      'POST',
      '/v1/grants',
      { ...gift, expires_at: '2026-04-15T00:00:00Z' },
      'spring',
    );
    await customer.use(30);
    await story.until('2026-04-16T00:00:00Z');
    // The receiver can ask for the grant by the name that it was told.
    expect(heard('grant', 'source', 'granted', 'expired')).toMatchObject([
      { type: 'grant.created', grant: grant['id'], source: 'promotional', granted: '40' },
      { type: 'grant.expired', grant: grant['id'], source: 'promotional', expired: '10' },
    ]);

    const [signUp] = (
      await stripe.invoices.list({ customer: customer.stripeCustomer, subscription: customer.subscription })
    ).data;
    const note = await stripe.creditNotes.create({
      invoice: signUp?.id ?? '',
      lines: [{ type: 'invoice_line_item', invoice_line_item: signUp?.lines.data[0]?.id ?? '', amount: 2_000 }],
      credit_amount: 2_000,
      email_type: 'none',
    });
    await story.clock.settle();
    expect(heard('credit_note', 'invoice', 'total_minor', 'currency')).toEqual([
      { type: 'credit_note.issued', credit_note: note.id, invoice: signUp?.id, total_minor: '2000', currency: 'usd' },
    ]);

    // A sender of his own reports 7 units to our meter: nobody here knows of them.
    const [meter] = (await stripe.billing.meters.list()).data;
    await stripe.billing.meterEvents.create({
      event_name: meter?.event_name ?? '',
      payload: { stripe_customer_id: customer.stripeCustomer, value: '7' },
      timestamp: Date.parse('2026-04-16T00:00:00Z') / 1000,
    });
    await story.until('2026-05-03T02:00:00Z');
    await story.call('POST', '/v1/reconciliations', { full: true });
    await story.call('POST', '/v1/reconciliations', { full: true });
    await story.clock.settle();
    const open = await listOf('/v1/variances?state=open');
    const told = heard('variance', 'subject', 'source', 'granted');
    // Seen by the night's run and by two more, and told once.
    const opened = told.flatMap((one) => ('variance' in one && one.variance !== undefined ? [one.variance] : []));
    expect(opened).toHaveLength(open.length);
    expect(new Set(opened)).toEqual(new Set(open.map(({ id }) => id)));
    expect(told).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ type: 'grant.created', source: 'included', granted: '10000' }),
      ]) as never,
    );

    const april = async (who: typeof story.call, verb: string, body: object = {}) =>
      (await who('POST', `/v1/accounting_periods/2026-04/${verb}`, body)).body;
    const fiona = await story.person('fiona', 'finance');
    const because = { note: 'a load test of the platform team', evidence: 'https://tickets.example.com/OPS-12' };
    for (const variance of open) await fiona('POST', `/v1/variances/${idOf(variance)}/explain`, because);
    // Explained, it is told no more; but it grows, so that what was said of it holds no longer.
    await story.call('POST', '/v1/reconciliations', { full: true });
    await story.clock.settle();
    expect(heard()).toEqual([]);
    await stripe.billing.meterEvents.create({
      event_name: meter?.event_name ?? '',
      payload: { stripe_customer_id: customer.stripeCustomer, value: '3' },
      timestamp: Date.parse('2026-04-16T00:00:00Z') / 1000,
    });
    await story.clock.settle();
    for (const _ of [1, 2]) await story.call('POST', '/v1/reconciliations', { full: true });
    await story.clock.settle();
    const grown = await listOf('/v1/variances?state=open');
    expect(grown.length).toBeGreaterThan(0);
    expect(heard('variance')).toEqual(grown.map(({ id }) => ({ type: 'variance.opened', variance: id })));
    for (const variance of grown) await fiona('POST', `/v1/variances/${idOf(variance)}/explain`, because);
    await april(fiona, 'prepare');
    await fiona('POST', '/v1/journal_exports', { month: '2026-04', target: 'quickbooks' });
    await april(fiona, 'confirm', { what: 'journal_imported', note: 'QBO batch 77' });
    expect(await april(fiona, 'request')).toMatchObject({ state: 'pending' });
    expect(heard()).toEqual([]);
    expect(await april(await story.person('omar', 'approver', 'owner'), 'sign')).toMatchObject({ state: 'closed' });
    await story.clock.settle();
    expect(heard('customer', 'month', 'approval')).toEqual([
      { type: 'period.closed', customer: null, month: '2026-04', approval: 'two_people' },
    ]);

    const kept = await listOf('/v1/alerts?limit=100');
    const channels = kept.flatMap(({ deliveries }) => deliveries as unknown as readonly Wire[]);
    expect(new Set(channels.map(({ channel }) => channel))).toEqual(new Set(['webhook']));
    expect(new Set(channels.map(({ state }) => state))).toEqual(new Set(['sent']));
    await expectBooks(story, customer, {
      invoice: '99',
      // April's 30 calls are $0.30, and the gift pays them.
      credits_applied: '0.3',
      lots: '20000',
      // The pack of 80.00, and May's fee of 99.00 of which two of 31 days are earned.
      deferred: '172.62',
      receivable: '0',
      // Two fees and the pack; the note of 20.00 paid a part of May's.
      cash: '258',
      open_grants: '200',
      variances: 0,
    });
  },
);
