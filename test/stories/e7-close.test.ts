import { expect, test } from 'vitest';

import { query } from '../../src/storage/query.ts';
import { textOf, type Wire } from '../support/api.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, type Story, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database);

const APRIL = '/v1/accounting_periods/2026-04';

async function act(call: Story['call'], verb: string, body: object = {}): Promise<Wire> {
  return (await call('POST', `${APRIL}/${verb}`, body)).body;
}

function undone(close: Wire): readonly string[] {
  const items = close['checklist'] as unknown as readonly { readonly key: string; readonly done: boolean }[];
  return items.filter(({ done }) => !done).map(({ key }) => key);
}

test(
  'E7 Close: April waits for its variance, two people sign, and the database takes nothing into it any more',
  { timeout: 180_000 },
  async () => {
    const fiona = await story.person('fiona', 'finance');
    const omar = await story.person('omar', 'approver', 'owner');
    const customer = await story.subscriber();
    await story.until('2026-04-20T12:00:00Z');
    await customer.use(12_500);

    const early = await act(fiona, 'prepare');
    expect(early['error']?.['code']).toBe('close_too_early');

    // A sender of his own reports 7 units to our meter in May: nobody here knows of them.
    await story.until('2026-05-02T12:00:00Z');
    const [unit] = await query<{ event: string }>(database, `select event_name as event from credit_units`);
    await story.stripe.billing.meterEvents.create({
      event_name: unit?.event ?? '',
      payload: { stripe_customer_id: customer.stripeCustomer, value: '7' },
      timestamp: Date.parse('2026-05-02T00:00:00Z') / 1000,
    });
    await story.until('2026-05-03T02:00:00Z');

    const prepared = await act(fiona, 'prepare');
    expect(undone(prepared)).toEqual(['variances', 'journal_exported', 'journal_imported']);
    const refused = await act(fiona, 'request');
    expect(refused['error']).toMatchObject({
      code: 'close_not_ready',
      details: { undone: ['variances', 'journal_exported', 'journal_imported'] },
    });

    const open = (await fiona('GET', '/v1/variances')).body['data'] as unknown as readonly Wire[];
    expect(open.map(({ subject }) => textOf(subject).split(' ')[0])).toEqual(['meter_events_foreign']);
    const id = textOf(open[0]?.['id']);
    const agnes = await story.person('agnes', 'support');
    expect((await agnes('POST', `/v1/variances/${id}/explain`, { note: 'mine', evidence: 'x' })).status).toBe(403);
    expect((await fiona('POST', `/v1/variances/${id}/assign`, { owner: 'nobody' })).status).toBe(404);
    const explained = await fiona('POST', `/v1/variances/${id}/explain`, {
      note: 'a load test of the platform team, billed in May and credited there',
      evidence: 'https://tickets.example.com/OPS-12',
    });
    expect(explained.body).toMatchObject({ state: 'explained', owner: explained.body['explained_by'] });

    await fiona('POST', '/v1/journal_exports', { month: '2026-04', target: 'quickbooks' });
    expect(undone(await act(fiona, 'confirm', { what: 'journal_imported', note: 'QBO batch 77' }))).toEqual([]);
    expect(await act(fiona, 'request')).toMatchObject({ state: 'pending', ready: true });
    expect((await act(fiona, 'sign'))['error']?.['code']).toBe('close_needs_second_person');
    expect((await act(agnes, 'sign'))['error']?.['code']).toBe('not_permitted');

    // 50 calls of April come in now: they are May's, and April is what was signed.
    expect(await customer.use(50, { at: '2026-04-30T23:00:00Z', id: 'late' })).toMatchObject({ status: 'applied' });
    expect(await act(omar, 'sign')).toMatchObject({ state: 'closed', approval: 'two_people' });

    await expect(
      query(
        database,
        `insert into journal_entries (lane, customer_id, entry_id, kind, effective_at, recorded_at, actor, source_type, source_id)
         select lane, customer_id, gen_random_uuid(), 'test', '2026-04-30', now(), 'test', 'test', 'test' from customers limit 1`,
      ),
    ).rejects.toThrow(/books of 2026-04 are closed/);
    const late = await customer.use(20, { at: '2026-04-29T12:00:00Z', id: 'later' });
    expect(late).toMatchObject({ status: 'applied', credits: '20' });
    const belonging = await query<{ month: string; belongs: string }>(
      database,
      `select to_char(effective_at, 'YYYY-MM') as month, to_char(belongs_to, 'YYYY-MM') as belongs from journal_entries
       where belongs_to is not null`,
    );
    expect(belonging).toEqual([
      { month: '2026-05', belongs: '2026-04' },
      { month: '2026-05', belongs: '2026-04' },
    ]);

    const figures = (await omar('GET', `${APRIL}/figures`)).body;
    expect(figures['trial_balance']).toContainEqual({
      currency: 'usd',
      account: 'revenue.subscription',
      opening: '0.00',
      debit: '0.00',
      credit: '99.00',
      closing: '-99.00',
    });

    expect((await act(fiona, 'reopen', { reason: 'a mistake' }))['error']?.['code']).toBe('not_permitted');
    expect((await act(omar, 'reopen', { reason: ' ' }))['error']?.['code']).toBe('invalid_request');
    expect(await act(omar, 'reopen', { reason: 'the import missed a line' })).toMatchObject({ state: 'open' });
    const trail = (await omar('GET', '/v1/audit_log?object=2026-04')).body;
    expect((trail['data'] as unknown as readonly Wire[]).map(({ action }) => action)).toEqual([
      'close.reopened',
      'close.signed',
      'close.requested',
      'close.confirmed',
    ]);
    await expectBooks(story, customer, {
      invoice: '124',
      credits_applied: '100',
      lots: '9930',
      // Two of May's 31 days are earned: 99.00 − 6.38.
      deferred: '92.62',
      receivable: '0',
      cash: '223',
      open_grants: '100',
      variances: 0,
    });
  },
);
