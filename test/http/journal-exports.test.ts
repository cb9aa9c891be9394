import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, test } from 'vitest';

import { toWireId } from '../../src/contract/ids.ts';
import { recogniseRevenue } from '../../src/operations/recognise-revenue.ts';
import { textOf, type Wire } from '../support/api.ts';
import { cloneDatabase } from '../support/database.ts';
import { asOwner } from '../support/seeded-books.ts';
import { type Subscriber, tellStory } from '../support/story.ts';

const { database, ownerConnectionString } = await cloneDatabase();
const story = await tellStory(database);
let customer: Subscriber;

type Row = Readonly<Record<string, string>>;

async function exported(body: object): Promise<Wire> {
  const { status, body: made } = await story.call('POST', '/v1/journal_exports', body);
  expect([status, made['error']]).toEqual([201, undefined]);
  return made;
}

interface FileReply {
  readonly status: number;
  readonly text: string;
}

async function fetchFile(made: Wire, name: string): Promise<FileReply> {
  const response = await fetch(`${story.origin}/v1/journal_exports/${textOf(made['id'])}/files/${name}`, {
    headers: { authorization: `Bearer ${story.apiKey}` },
  });
  return { status: response.status, text: await response.text() };
}

async function text(made: Wire, name: string): Promise<string> {
  const reply = await fetchFile(made, name);
  expect([reply.status, reply.text.slice(0, 9)]).toEqual([200, expect.not.stringContaining('error')]);
  return reply.text;
}

async function rowsOf(made: Wire): Promise<readonly Row[]> {
  const files = made['files'] as unknown as readonly { readonly name: string }[];
  const texts = await Promise.all(files.map(async ({ name }) => text(made, name)));
  return texts.flatMap((file) => parse<Row>(file, { columns: true }));
}

function cents(amount: string | undefined): bigint {
  return amount === undefined || amount === '' ? 0n : BigInt(amount.replace('.', ''));
}

function sum(rows: readonly Row[], amount: (row: Row) => bigint): bigint {
  return rows.reduce((total, row) => total + amount(row), 0n);
}

beforeAll(async () => {
  customer = await story.subscriber();
  await story.until('2026-04-20T12:00:00Z');
  await customer.use(12_500);
  await customer.buyPack();
  await story.until('2026-05-03T00:00:00Z');
  await recogniseRevenue(story.billing.deps);
  await story.until('2026-05-03T01:00:00Z');
}, 60_000);

/** How each target says a debit and a credit, and which rows are one journal. */
const TARGETS: Readonly<
  Record<
    string,
    { debit: (row: Row) => bigint; credit: (row: Row) => bigint; journal: (row: Row) => string; date: RegExp }
  >
> = {
  quickbooks: {
    debit: (row) => cents(row['Debits']),
    credit: (row) => cents(row['Credits']),
    journal: (row) => row['JournalNo'] ?? '',
    date: /^04\/\d\d\/2026$/,
  },
  xero: {
    debit: (row) => (cents(row['Amount']) > 0n ? cents(row['Amount']) : 0n),
    credit: (row) => (cents(row['Amount']) < 0n ? -cents(row['Amount']) : 0n),
    journal: (row) => `${row['Narration']} ${row['Date']}`,
    date: /^\d\d\/04\/2026$/,
  },
  netsuite: {
    debit: (row) => cents(row['Debit']),
    credit: (row) => cents(row['Credit']),
    journal: (row) => row['External ID'] ?? '',
    date: /^04\/\d\d\/2026$/,
  },
  generic: {
    debit: (row) => cents(row['debit']),
    credit: (row) => cents(row['credit']),
    journal: (row) => row['journal'] ?? '',
    date: /^2026-04-\d\d$/,
  },
};

describe.for(Object.keys(TARGETS))('for %s', (target) => {
  test.for(['summary', 'detail'] as const)('each journal of the %s balances when it is read back', async (detail) => {
    const { debit, credit, journal, date } = TARGETS[target] as (typeof TARGETS)[string];
    const made = await exported({ month: '2026-04', target, detail });
    const rows = await rowsOf(made);
    expect(rows.length).toBeGreaterThan(6);
    for (const own of Map.groupBy(rows, journal).values()) {
      expect(own.length).toBeGreaterThan(1);
      expect(sum(own, debit)).toBe(sum(own, credit));
    }
    const dates = rows.map((row) => row['JournalDate'] ?? row['Date'] ?? row['posted_at'] ?? '');
    expect(dates.filter((day) => !date.test(day))).toEqual([]);
    expect(made['totals']).toMatchObject([{ currency: 'usd', lines: rows.length }]);
    const [{ debits }] = made['totals'] as unknown as readonly [{ readonly debits: string }];
    expect(sum(rows, debit)).toBe(cents(debits));
  });
});

test('summary and detail say the same of each account', async () => {
  const of = async (detail: string): Promise<readonly string[]> => {
    const rows = await rowsOf(await exported({ month: '2026-04', target: 'generic', detail }));
    const net = [...Map.groupBy(rows, (row) => row['account'] ?? '')].map(
      ([account, own]) => `${account} ${sum(own, (row) => cents(row['debit']) - cents(row['credit']))}`,
    );
    return net.toSorted();
  };
  const net = await of('detail');
  expect(net).toEqual(await of('summary'));
  // A1's April: the fee is earned by the day, and 2 500 calls past the lot at the price of the pack that paid them.
  expect(net).toContain('revenue.subscription -9900');
  expect(net).toContain('revenue.credits -2000');
  expect(net).toContain('deferred.credits -6000');
});

describe('the files of an export', () => {
  test('come out the same to the byte, although more was recorded since', async () => {
    const made = await exported({ month: '2026-05', target: 'generic', detail: 'detail' });
    const [{ name }] = made['files'] as unknown as readonly [{ readonly name: string }];
    const before = await text(made, name);
    await story.until('2026-05-06T00:00:00Z');
    await recogniseRevenue(story.billing.deps);
    await story.until('2026-05-06T01:00:00Z');
    expect(await text(made, name)).toBe(before);
    const later = await exported({ month: '2026-05', target: 'generic', detail: 'detail' });
    const after = await text(later, name);
    expect(after.startsWith(before)).toBe(true);
    expect(after.length).toBeGreaterThan(before.length);
  });

  test('are listed with who made them, and stand beside their control totals', async () => {
    const made = await exported({ month: '2026-04', target: 'xero' });
    const { body } = await story.call('GET', '/v1/journal_exports?month=2026-04&limit=1');
    expect(body).toMatchObject({ object: 'list', has_more: true, data: [{ id: made['id'], target: 'xero' }] });
    const control = parse<Row>(await text(made, 'control.csv'), { columns: true });
    const files = made['files'] as unknown as readonly { readonly name: string; readonly sha256: string }[];
    expect(control.map((row) => row['what'])).toEqual(['total', ...files.map(() => 'file')]);
    expect(control.at(-1)).toMatchObject({ name: files.at(-1)?.name, sha256: files.at(-1)?.sha256 });
  });

  test('are refused rather than changed when history was changed behind the application', async () => {
    const made = await exported({ month: '2026-04', target: 'generic', detail: 'detail' });
    const [{ name }] = made['files'] as unknown as readonly [{ readonly name: string }];
    const swap = async (from: string, to: string): Promise<unknown> =>
      asOwner(ownerConnectionString, async (owner) =>
        owner.query(`update postings set from_kind = $2 where from_kind = $1 and unit = 'usd'`, [from, to]),
      );
    await swap('revenue.credits', 'revenue.breakage');
    const changed = await fetchFile(made, name);
    await swap('revenue.breakage', 'revenue.credits');
    expect([changed.status, changed.text]).toEqual([409, expect.stringContaining('export_changed')]);
    expect((await text(made, name)).length).toBeGreaterThan(100);
  });
});

describe('refused with a sentence, and nothing is exported', () => {
  test.for<[string, object, number, string]>([
    ['a month that is none', { month: '2026-13', target: 'xero' }, 400, 'invalid_request'],
    ['another target', { month: '2026-04', target: 'sage' }, 400, 'invalid_request'],
    [
      'an account that is none of ours',
      { month: '2026-04', target: 'xero', accounts: { cashbox: { account: '1' } } },
      400,
      'invalid_request',
    ],
    [
      'accounts that leave some out',
      { month: '2026-04', target: 'xero', accounts: { cash: { account: '1010' } } },
      422,
      'export_accounts_missing',
    ],
  ])('%s', async ([, body, status, code]) => {
    const before = await story.call('GET', '/v1/journal_exports?limit=100');
    const reply = await story.call('POST', '/v1/journal_exports', body);
    expect([reply.status, reply.body['error']?.['code']]).toEqual([status, code]);
    expect((await story.call('GET', '/v1/journal_exports?limit=100')).body).toEqual(before.body);
  });

  test('a file that the export does not have, and an export that is not there', async () => {
    const made = await exported({ month: '2026-04', target: 'generic' });
    const nothing = { id: toWireId('export', crypto.randomUUID()) } as unknown as Wire;
    expect((await fetchFile(made, 'other.csv')).status).toBe(404);
    expect((await fetchFile(nothing, 'control.csv')).status).toBe(404);
  });
});

test('a month in which nothing happened is a file with a heading', async () => {
  const made = await exported({ month: '2026-02', target: 'quickbooks' });
  expect(await rowsOf(made)).toEqual([]);
  expect(made['totals']).toEqual([]);
});

test('in a sandbox an export has what was recorded at this very instant, and stays the same when more is', async () => {
  await customer.buyPack();
  const made = await exported({ month: '2026-05', target: 'generic', detail: 'detail' });
  const name = (made['files'] as unknown as readonly { readonly name: string }[])[0]?.name ?? '';
  const before = await text(made, name);
  const packs = parse<Row>(before, { columns: true }).filter((row) => row['account'] === 'deferred.credits');
  expect(packs.map((row) => row['credit'])).toContain('80.00');
  await customer.buyPack();
  expect(await text(made, name)).toBe(before);
});
