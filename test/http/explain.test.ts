import { parse as parseCsv } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';

import { statementCsv } from '../../src/contract/statement-csv.ts';
import { NO_SUMS } from '../../src/domain/ledger-line.ts';
import { grantPaidInvoice } from '../../src/operations/grant-paid-invoice.ts';
import { startApi, textOf } from '../support/api.ts';
import { openBooks, planWith } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { packInvoice } from '../support/requests.ts';

const clone = await cloneDatabase();
const books = await openBooks(clone.database, {
  plans: [planWith('pro', { overageCap: '50' }, { includedCredits: '100' })],
});
const api = await startApi(clone);
let sent = 0;

async function track(customer: string, calls: number, more: object = {}) {
  sent += 1;
  const event = { id: `evt-${sent}`, customer, action: 'api.call', quantities: { calls }, ...more };
  return (await api.call('POST', '/v1/track', event)).body;
}

async function hold(customer: string, credits: string) {
  sent += 1;
  const body = { customer, action: 'api.call', credits };
  return (await api.call('POST', '/v1/holds', body, { headers: { 'idempotency-key': `hold-${sent}` } })).body;
}

describe('explain', () => {
  test('walks from the balance to lots, entries, usage, ticket and invoice', async () => {
    const customer = await books.subscribe('pro');
    await grantPaidInvoice(books.deps, packInvoice(customer, '2026-04-05T00:00:00Z', { invoiceId: 'in_pack' }));
    const used = await track(customer.name, 120);
    const held = await hold(customer.name, '30');
    const id = textOf(used['usage_event']);
    const reversed = await api.call('POST', `/v1/usage_events/${id}/reverse`, {
      customer: customer.name,
      reason: 'counted twice',
      ticket: 'SUP-7',
    });
    expect(reversed.status).toBe(200);
    await track(customer.name, 20);

    const story = (await api.call('GET', `/v1/customers/${customer.name}/explain?lots=all`)).body;
    expect(story['balance']).toMatchObject({ available: '10050', held: '30', overage: '0', debt: '0' });
    expect(story['lots']).toMatchObject([
      {
        source: 'included',
        granted: '100',
        granted_by: { by: 'billing_period', plan: 'pro', reason: 'included credits of plan pro' },
        drawn_by: [{ for: 'usage', action: 'api.call', credits: '20' }],
        remaining: '80',
      },
      {
        source: 'purchased',
        granted: '10000',
        granted_by: { by: 'invoice_line', invoice: 'in_pack', invoice_line: 'il_1', stripe: { invoice: 'in_pack' } },
        drawn_by: [],
        held_by: [{ hold: held['id'], action: 'api.call', credits: '30' }],
        remaining: '9970',
      },
    ]);

    const entryId = textOf(reversed.body['entry']);
    const undo = (await api.call('GET', `/v1/ledger_entries/${entryId}?customer=${customer.name}`)).body;
    expect(undo).toMatchObject({
      kind: 'usage.reversed',
      actor: 'key:admin',
      ticket: 'SUP-7',
      usage_events: [{ id, event_id: 'evt-1', credits: '120', action: 'api.call', quantities: { calls: '120' } }],
    });
    const burn = (await api.call('GET', `/v1/ledger_entries/${textOf(undo['reversal_of'])}`)).body;
    expect(burn).toMatchObject({
      kind: 'usage.burn',
      plan: { plan: 'pro', version: 1 },
      burn_rate: { action: 'api.call' },
      reversed_by: [entryId],
      postings: [
        { from: 'available', to: 'consumed', credits: '100', invoice_line: null },
        { from: 'available', to: 'consumed', credits: '20', invoice_line: { invoice: 'in_pack', line: 'il_1' } },
      ],
      usage_events: [{ id, draws: [{ credits: '100' }, { credits: '20' }] }],
    });
    await api.call(
      'POST',
      `/v1/holds/${textOf(held['id'])}/release`,
      {},
      { headers: { 'idempotency-key': 'release' } },
    );
    const grant = textOf(story['lots']?.[1]?.['granted_by']?.['entry']);
    expect((await api.call('GET', `/v1/ledger_entries/${grant}`)).body).toMatchObject({
      kind: 'grant',
      stripe: { invoice: 'in_pack', line: 'il_1' },
      postings: [{ from: 'issued.purchased', to: 'available', credits: '10000' }],
    });
  });

  test.for(['entry_nothing', 'entry_01kaq5m4w9e7h8zsnpr5a0e5gk'])('knows no entry %s', async (id) => {
    const reply = await api.call('GET', `/v1/ledger_entries/${id}`);
    expect([reply.status, reply.body['error']?.['code']]).toEqual([404, 'unknown_entry']);
  });

  test('INV-22 finds no entry of one customer under the name of another', async () => {
    const [one, other] = [await books.subscribe('pro'), await books.subscribe('pro')];
    const story = (await api.call('GET', `/v1/customers/${one.name}/explain`)).body;
    const entry = textOf(story['lots']?.[0]?.['granted_by']?.['entry']);
    expect((await api.call('GET', `/v1/ledger_entries/${entry}?customer=${one.name}`)).status).toBe(200);
    expect((await api.call('GET', `/v1/ledger_entries/${entry}?customer=${other.name}`)).status).toBe(404);
  });
});

describe('a statement', () => {
  const span = 'from=2026-04-01T00:00:00Z&to=2026-05-01T00:00:00Z';

  test('opens, tells each movement and closes, page by page', async () => {
    const customer = await books.subscribe('pro');
    for (const calls of [10, 20, 30])
      await track(customer.name, calls, { occurred_at: `2026-04-0${calls / 10}T12:00:00Z` });
    const path = `/v1/customers/${customer.name}/statement?${span}`;
    const lines = [];
    let next: unknown = null;
    for (let page = 0; page < 4; page += 1) {
      const after: string = next === null ? '' : `&starting_after=${textOf(next)}`;
      const { body } = await api.call('GET', `${path}&limit=1${after}`);
      expect([body['opening']?.['available'], body['closing']?.['available']]).toEqual(['0', '40']);
      lines.push(body['data']?.[0]);
      next = body['next'];
    }
    expect(next).toBeNull();
    expect(
      lines.map((line) => [line?.['kind'], line?.['changes']?.['available'], line?.['balance']?.['available']]),
    ).toEqual([
      ['grant', '100', '100'],
      ['usage.burn', '-10', '90'],
      ['usage.burn', '-20', '70'],
      ['usage.burn', '-30', '40'],
    ]);
    const between = await api.call('GET', `/v1/customers/${customer.name}/balance?at=2026-04-02T11:59:59Z`);
    expect(between.body).toMatchObject({ object: 'balance', available: '90', as_of: '2026-04-02T11:59:59.000Z' });
  });

  test('as CSV is a file with CRLF whose numbers stay numbers', async () => {
    const customer = await books.subscribe('pro');
    await track(customer.name, 10);
    const { status, headers, body } = await api.call(
      'GET',
      `/v1/customers/${customer.name}/statement?${span}&format=csv`,
    );
    expect([status, headers.get('content-type'), headers.get('x-content-type-options')]).toEqual([
      200,
      expect.stringMatching(/^text\/csv/),
      'nosniff',
    ]);
    expect(headers.get('content-disposition')).toBe('attachment; filename=statement-2026-04-01-2026-05-01.csv');
    const text = textOf(body['text']);
    expect(text.split('\r\n')).toHaveLength(6);
    const rows: Record<string, string>[] = parseCsv(text, { columns: true });
    expect(rows.map((row) => [row['kind'], row['available_change'], row['available']])).toEqual([
      ['opening', '', '0'],
      ['grant', '100', '100'],
      ['usage.burn', '-10', '90'],
      ['closing', '', '90'],
    ]);
  });

  test.for([
    '=1+1',
    '=cmd|calc',
    '+1',
    '-1+2',
    '@SUM(A1)',
    '\tx',
    '\rx',
    '\nx',
    '=HYPERLINK("http://x")',
    "='x",
    '+cmd',
    '-cmd',
    '@x',
    '=',
    '+',
    '-',
    '@',
    '\t',
    'plain',
    'with, comma',
    'with "quotes"',
    'two\r\nlines',
    "'quoted",
    '1',
    '-',
    'ünï',
    ' =x',
    ';=x',
    '|x',
    '%0A=x',
  ])('SEC-37 holds %j back from a spreadsheet, and nothing else', (payload) => {
    const line = {
      entryId: '0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeee01',
      seq: 0,
      at: new Date('2026-04-02T00:00:00Z'),
      kind: 'grant',
      action: payload,
      usageEventId: null,
      eventId: payload,
      member: payload,
      actor: payload,
      reason: payload,
      sourceType: 'lot',
      sourceId: 'x',
      stripe: { invoice: payload },
      changes: { ...NO_SUMS, available: -1_500_000n },
      balance: NO_SUMS,
    };
    const csv = statementCsv({
      customerId: 'x',
      unit: 'credit',
      from: new Date(0),
      to: new Date(1),
      opening: NO_SUMS,
      closing: NO_SUMS,
      lines: [line],
      hasMore: false,
    });
    const row = parseCsv<Record<string, string>>(csv, { columns: true, record_delimiter: '\r\n' })[1];
    const expected = /^[=+\-@\t\r\n]/.test(payload) ? `'${payload}` : payload;
    for (const column of ['action', 'event_id', 'member', 'actor', 'reason', 'stripe'])
      expect(row?.[column]).toBe(expected);
    expect(row?.['available_change']).toBe('-1.5');
  });
});

describe('open holds', () => {
  test('are listed with the oldest first, page by page, from an age on', async () => {
    const customer = await books.subscribe('pro');
    await books.at('2026-04-12T09:00:00Z');
    const placed = [];
    for (const minute of ['00', '05', '10']) {
      await books.at(`2026-04-12T09:${minute}:00Z`);
      placed.push((await hold(customer.name, '5'))['id']);
    }
    const first = (await api.call('GET', '/v1/holds?state=open&older_than=5m&limit=1')).body;
    expect(first).toMatchObject({ has_more: true, data: [{ id: placed[0], age_seconds: 600, held: '5' }] });
    const second = (await api.call('GET', `/v1/holds?older_than=5m&limit=1&starting_after=${textOf(placed[0])}`)).body;
    expect(second).toMatchObject({ data: [{ id: placed[1], age_seconds: 300 }] });
    await books.at('2026-04-10T09:00:00Z');
  });
});
