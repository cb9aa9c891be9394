import { createHash } from 'node:crypto';

import { expect, test } from 'vitest';

import { toWireId } from '../../src/contract/ids.ts';
import { NIL_ID } from '../../src/domain/account.ts';
import { reconcile } from '../../src/operations/reconcile.ts';
import { verifyLedger } from '../../src/operations/verify-ledger.ts';
import { execute, query } from '../../src/storage/query.ts';
import { textOf, type Wire } from '../support/api.ts';
import { cloneDatabase } from '../support/database.ts';
import { idOf, type Story, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database);
const fiona = await story.person('fiona', 'finance', 'approver');
const omar = await story.person('omar', 'approver');
const agnes = await story.person('agnes', 'support');

/** May's $99.00 are declared paid by wire on 2 May, and eleven days later no bank has seen them. */
async function stuckWire(): Promise<void> {
  const customer = await story.subscriber();
  await story.stripe.subscriptions.update(customer.subscription, {
    collection_method: 'send_invoice',
    days_until_due: 30,
  });
  await story.until('2026-05-02T12:00:00Z');
  await story.stripe.invoices.pay(idOf(await customer.cycleInvoice()), { paid_out_of_band: true });
  await story.until('2026-05-13T12:00:00Z');
  await reconcile(story.billing.deps, { full: true });
}

async function openVariance(): Promise<string> {
  const { body } = await fiona('GET', '/v1/variances');
  const data = body['data'] as unknown as readonly Wire[];
  expect(data.map(({ subject }) => textOf(subject).split(' ')[0])).toEqual(['clearing_stuck']);
  return textOf(data[0]?.['id']);
}

const WIRE = {
  debit: 'bank',
  credit: 'out_of_band_clearing',
  currency: 'usd',
  note: 'wire of 2 May, found on the statement',
  evidence: 'OPS-12',
};

async function preview(call: Story['call'], variance: string, entry: object): Promise<Wire> {
  return (await call('POST', `/v1/variances/${variance}/correction_preview`, entry)).body;
}

async function balances(): Promise<Readonly<Record<string, string>>> {
  const rows = await query<{ kind: string; balance: string }>(
    database,
    `select kind, sum(balance)::text as balance from accounts where lane between 0 and 63 and unit = 'usd' group by kind`,
  );
  return Object.fromEntries(rows.map(({ kind, balance }) => [kind, balance]));
}

async function entries(): Promise<number> {
  const [row] = await query<{ count: number }>(
    database,
    `select count(*)::int as count from journal_entries where lane between 0 and 63 and kind = 'variance.corrected'`,
  );
  return row?.count ?? -1;
}

async function actions(prefix: string): Promise<readonly string[]> {
  const rows = await query<{ action: string }>(
    database,
    `select action from audit_log where action like $1 order by at, audit_id`,
    [`${prefix}%`],
  );
  return rows.map(({ action }) => action);
}

test(
  'a wire that stands in clearing is corrected: $40.00 by one person, the other $59.00 by two, and nothing is posted that nobody looked at',
  { timeout: 120_000 },
  async () => {
    await stuckWire();
    const id = await openVariance();
    const path = `/v1/variances/${id}/correct`;
    const first = { ...WIRE, amount_minor: 4_000 };

    const shown = await preview(fiona, id, first);
    expect(shown).toMatchObject({
      entry: 'variance.corrected',
      lines: [
        { account: 'bank', debit_minor: 4_000 },
        { account: 'out_of_band_clearing', credit_minor: 4_000 },
      ],
      balances: [
        { account: 'bank', before_minor: 0, after_minor: 4_000 },
        { account: 'out_of_band_clearing', before_minor: 9_900, after_minor: 5_900 },
      ],
      needs_second_person: false,
    });
    const hash = shown['payload_hash'];

    expect((await agnes('POST', path, { ...first, payload_hash: hash })).body['error']?.['code']).toBe('not_permitted');
    const another = await fiona('POST', path, { ...first, amount_minor: 4_001, payload_hash: hash });
    expect(another.body['error']?.['code']).toBe('preview_stale');
    await execute(
      database,
      `insert into accounting_periods (month, closed_at, closed_by) values ('2026-04-01', '2026-05-10', 'x')
       on conflict (month) do update set closed_at = excluded.closed_at, closed_by = excluded.closed_by`,
    );
    const refused = async (change: object) => (await preview(fiona, id, { ...first, ...change }))['error'];
    expect(await refused({ effective_at: '2026-04-30T12:00:00Z' })).toMatchObject({ code: 'period_closed' });
    expect(await refused({ effective_at: '2027-04-30T12:00:00Z' })).toMatchObject({ code: 'occurred_in_future' });
    expect(await refused({ currency: 'eur' })).toMatchObject({ code: 'invalid_request', param: 'currency' });
    expect(await refused({ debit: 'available' })).toMatchObject({ code: 'invalid_request', param: 'debit' });
    expect(await refused({ credit: 'bank' })).toMatchObject({ code: 'invalid_request', param: 'credit' });
    expect(await refused({ evidence: toWireId('evidence', NIL_ID) })).toMatchObject({
      code: 'unknown_evidence',
    });
    expect([await entries(), await actions('correction.')]).toEqual([0, []]);

    const posted = await fiona('POST', path, { ...first, payload_hash: hash });
    expect(posted).toMatchObject({ status: 200, body: { state: 'posted', approval: 'within_limits', approver: null } });
    // A second click finds what the first one did.
    expect((await fiona('POST', path, { ...first, payload_hash: hash })).body['id']).toBe(posted.body['id']);
    expect([await entries(), await actions('correction.')]).toEqual([1, ['correction.requested', 'correction.posted']]);

    // It did not help to the end: ten days later the other $59.00 are found.
    await story.until('2026-05-25T12:00:00Z');
    await reconcile(story.billing.deps, { full: true });
    const rest = await openVariance();
    expect(rest).not.toBe(id);
    const second = { ...WIRE, amount_minor: 5_900 };
    const asked = await preview(fiona, rest, second);
    expect(asked).toMatchObject({
      needs_second_person: true,
      limits: [
        {
          name: 'money_item',
          sentence: 'USD 59.00 is more than the USD 50.00 that one person may correct alone',
        },
      ],
    });
    const waiting = await fiona('POST', `/v1/variances/${rest}/correct`, {
      ...second,
      payload_hash: asked['payload_hash'],
    });
    expect(waiting).toMatchObject({ status: 202, body: { state: 'waiting', entry: null } });
    const approve = `/v1/corrections/${textOf(waiting.body['id'])}/approve`;
    const yes = { payload_hash: asked['payload_hash'] };
    expect((await fiona('POST', approve, yes)).body['error']?.['code']).toBe('own_request');
    expect((await agnes('POST', approve, yes)).body['error']?.['code']).toBe('not_permitted');
    expect((await omar('POST', approve, { payload_hash: '0'.repeat(64) })).body['error']?.['code']).toBe(
      'preview_stale',
    );
    expect(await entries()).toBe(1);

    expect((await omar('POST', approve, yes)).body).toMatchObject({ state: 'posted', approval: 'approved' });
    expect((await omar('POST', approve, yes)).body['error']?.['code']).toBe('correction_state');
    expect(await balances()).toMatchObject({ bank: '9900', out_of_band_clearing: '0' });
    expect((await fiona('GET', '/v1/variances?state=corrected')).body['data']).toMatchObject([{ id }, { id: rest }]);
    expect(await reconcile(story.billing.deps, { full: true })).toMatchObject({ unexplained: 0 });
    expect((await verifyLedger(story.billing.deps)).breaches).toEqual([]);
    expect(await actions('correction.')).toEqual([
      'correction.requested',
      'correction.posted',
      'correction.requested',
      'correction.posted',
    ]);
  },
);

async function send(variance: string, name: string, content: Buffer | ReadableStream, type?: string) {
  const response = await fetch(`${story.origin}/v1/variances/${variance}/evidence?name=${encodeURIComponent(name)}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${story.apiKey}`, ...(type !== undefined && { 'content-type': type }) },
    body: content instanceof ReadableStream ? content : new Uint8Array(content),
    ...(content instanceof ReadableStream && { duplex: 'half' as const }),
  });
  return { status: response.status, body: (await response.json()) as Wire };
}

async function stored(): Promise<number> {
  const [row] = await query<{ count: number }>(
    database,
    `select count(*)::int as count from evidence_files where lane between 0 and 63`,
  );
  return row?.count ?? -1;
}

const PDF = Buffer.from('%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n');
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const JPEG = Buffer.from('ffd8ffe000104a464946', 'hex');

/** 50 MB that are made while they are sent, and their size is not announced. */
function endless(): ReadableStream {
  const chunk = new Uint8Array(1_000_000).fill(0x41);
  let sent = 0;
  return new ReadableStream({
    pull: (controller) => {
      sent += 1;
      if (sent > 50) controller.close();
      else controller.enqueue(chunk);
    },
  });
}

test('evidence is kept as it came, or refused by name with nothing stored', { timeout: 60_000 }, async () => {
  const { body } = await fiona('GET', '/v1/variances?state=corrected&limit=1');
  const id = textOf((body['data'] as unknown as readonly Wire[])[0]?.['id']);

  const kept = await send(id, 'statement.pdf', PDF, 'application/pdf');
  expect(kept).toMatchObject({
    status: 201,
    body: {
      content_type: 'application/pdf',
      bytes: PDF.length,
      sha256: createHash('sha256').update(PDF).digest('hex'),
    },
  });
  expect((await send(id, 'statement.pdf', PDF)).body['id']).toBe(kept.body['id']);
  const file = await fetch(`${story.origin}/v1/evidence/${idOf(kept.body)}/content`, {
    headers: { authorization: `Bearer ${story.apiKey}` },
  });
  expect(Buffer.from(await file.arrayBuffer()).equals(PDF)).toBe(true);
  expect(file.headers.get('content-disposition')).toBe('attachment; filename=statement.pdf');
  expect(file.headers.get('x-content-type-options')).toBe('nosniff');

  for (const [name, content, type] of [
    ['photo.PNG', PNG, 'image/png'],
    ['scan.jpg', JPEG, undefined],
    ['bank.csv', Buffer.from('date;amount\n2026-05-02;99,00 \xA4\n', 'latin1'), 'text/csv'],
    ['note.txt', Buffer.from('seen on the statement'), 'text/plain; charset=utf-8'],
    ['wire.eml', Buffer.from('From: bank@example.com\r\nSubject: wire\r\n\r\nBody\r\n'), 'message/rfc822'],
  ] as const) {
    expect([name, (await send(id, name, content, type)).status]).toEqual([name, 201]);
  }
  expect(await stored()).toBe(6);

  for (const [name, content, type, code] of [
    ['statement.pdf', PNG, 'application/pdf', 'evidence_mismatch'],
    ['photo.png', PDF, 'image/png', 'evidence_mismatch'],
    ['notes.txt', PDF, 'text/plain', 'evidence_mismatch'],
    ['page.pdf', Buffer.from('<html></html>'), 'application/pdf', 'evidence_mismatch'],
    ['program.txt', Buffer.from('MZ\0\0'), 'text/plain', 'evidence_mismatch'],
    ['one.csv', Buffer.from('no columns here'), 'text/csv', 'evidence_mismatch'],
    ['mail.eml', Buffer.from('Dear bank,\n\nplease'), 'message/rfc822', 'evidence_mismatch'],
    ['statement.pdf', PDF, 'image/png', 'evidence_mismatch'],
    ['tool.exe', Buffer.from('MZ'), 'application/octet-stream', 'evidence_mismatch'],
    ['nothing.pdf', Buffer.alloc(0), 'application/pdf', 'evidence_mismatch'],
    ['../x.pdf', PDF, 'application/pdf', 'invalid_request'],
    ['large.txt', Buffer.alloc(50_000_000, 0x41), 'text/plain', 'evidence_too_large'],
    ['endless.txt', endless(), 'text/plain', 'evidence_too_large'],
  ] as const) {
    const refused = await send(id, name, content, type);
    expect([name, refused.body['error']?.['code']]).toEqual([name, code]);
  }
  expect(await stored()).toBe(6);
  expect(await send(toWireId('var', NIL_ID), 'statement.pdf', PDF)).toMatchObject({
    status: 404,
  });
  expect((await actions('variance.evidence_attached')).length).toBe(6);
  await expect(execute(database, `update evidence_files set name = 'other.pdf'`)).rejects.toThrow(/permission denied/);
});
