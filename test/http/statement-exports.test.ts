import { parse } from 'csv-parse/sync';
import { beforeAll, expect, test } from 'vitest';

import { exportStatement } from '../../src/operations/export-statement.ts';
import { cloneDatabase } from '../support/database.ts';
import { type Subscriber, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database);

type Row = Readonly<Record<string, string>>;

interface Download {
  readonly text: string;
  readonly recordedBefore: string;
  readonly disposition: string;
}

async function download(path: string): Promise<Download> {
  const response = await fetch(story.origin + path, { headers: { authorization: `Bearer ${story.apiKey}` } });
  const text = await response.text();
  expect([response.status, response.status === 200 ? '' : text]).toEqual([200, '']);
  const header = (name: string): string => response.headers.get(name) ?? '';
  return { text, recordedBefore: header('recorded-before'), disposition: header('content-disposition') };
}

function rowsOf({ text }: Download): readonly Row[] {
  return parse(text, { columns: true });
}

const FORMULA = '=HYPERLINK("https://evil.example")';
let acme: Subscriber;

beforeAll(async () => {
  acme = await story.subscriber();
  await story.until('2026-04-10T12:00:00Z');
  await acme.buyPack();
  await acme.use(250, { id: FORMULA });
  const events = Array.from({ length: 600 }, (_, n) => ({
    id: `many-${n}`,
    customer: acme.stripeCustomer,
    action: 'api.call',
    quantities: { calls: 1 },
  }));
  await story.call('POST', '/v1/track', { events });
  await story.until('2026-04-11T12:00:00Z');
});

test('the ledger export is every posting, and it adds up to the export of the customers', async () => {
  const ledger = await download('/v1/exports/ledger?month=2026-04');
  expect(ledger.disposition).toContain('ledger-2026-04-01-2026-05-01.csv');
  const sums = new Map<string, number>();
  for (const { unit, from, to, amount } of rowsOf(ledger)) {
    expect(Number(amount)).toBeGreaterThan(0);
    sums.set(`${unit} ${from}`, (sums.get(`${unit} ${from}`) ?? 0) - Number(amount));
    sums.set(`${unit} ${to}`, (sums.get(`${unit} ${to}`) ?? 0) + Number(amount));
  }
  const customers = rowsOf(await download('/v1/exports/customers?month=2026-04'));
  const closing = customers.map(({ unit, account, closing: at }) => [`${unit} ${account}`, Number(at)]);
  expect(Object.fromEntries(closing)).toEqual(
    Object.fromEntries([...sums].map(([key, sum]) => [key, Math.round(sum * 1e6) / 1e6])),
  );
  // The fee of $99.00 and a pack of $80.00; 850 of 20 000 credits are used.
  expect(customers.find(({ account }) => account === 'cash')).toMatchObject({
    opening: '0.00',
    in: '179.00',
    closing: '179.00',
  });
  expect(customers.find(({ account }) => account === 'available')).toMatchObject({
    in: '20000',
    out: '850',
    closing: '19150',
    external_id: acme.externalId,
  });
});

test('text that a spreadsheet would run is guarded, numbers are not, and JSON lines say the same unguarded', async () => {
  const csv = rowsOf(await download('/v1/exports/usage?month=2026-04'));
  expect(csv).toHaveLength(601);
  expect(csv.filter(({ event_id: id }) => id === `'${FORMULA}`)).toMatchObject([
    { credits: '250', overage: '0', action: 'api.call', quantities: '{"calls":"250"}', undone: '0' },
  ]);
  const lines = (await download('/v1/exports/usage?month=2026-04&format=jsonl')).text.trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line) as Row);
  expect(events.filter(({ event_id: id }) => id === FORMULA)).toMatchObject([
    { credits: '250', quantities: { calls: '250' } },
  ]);
  expect(events.map(({ usage_event: id }) => id)).toEqual(csv.map(({ usage_event: id }) => id));
  // Sources of credits go below nothing, and a number with a minus stays a number.
  const customers = (await download('/v1/exports/customers?month=2026-04')).text;
  expect(customers).toMatch(/,issued\.purchased,0,0,10000,-10000\r\n/);
});

test('the same question has the same answer for ever, whatever is recorded later', async () => {
  const path = '/v1/exports/ledger?month=2026-04';
  const first = await download(path);
  await acme.use(5, { at: '2026-04-11T11:00:00Z' });
  await story.until('2026-04-11T13:00:00Z');
  const later = await download(path);
  expect(later.text).not.toBe(first.text);
  const again = await download(`${path}&recorded_before=${first.recordedBefore}`);
  expect(again.text).toBe(first.text);
  const future = await story.call('GET', `${path}&recorded_before=2027-01-01T00:00:00Z`);
  expect(future.body['error']).toMatchObject({ code: 'invalid_request', param: 'recorded_before' });
  const backwards = await story.call('GET', '/v1/exports/usage?from=2026-05-01T00:00:00Z&to=2026-04-01T00:00:00Z');
  expect(backwards.body['error']).toMatchObject({ code: 'invalid_request', param: 'to' });
  expect((await story.call('GET', '/v1/exports/usage')).body['error']).toMatchObject({ param: 'month' });
});

test('rows are handed on some hundred at once, so that memory does not grow with their number', async () => {
  const made = await exportStatement(story.billing.deps, {
    kind: 'usage',
    from: new Date('2026-04-01T00:00:00Z'),
    to: new Date('2026-05-01T00:00:00Z'),
    recordedBefore: null,
    customer: `ext:${acme.externalId}`,
  });
  if ('rejected' in made) throw new Error(made.rejected.message);
  const sizes: number[] = [];
  const rows = await made.stream(async (batch) => void sizes.push(batch.length));
  expect([rows, sizes]).toEqual([602, [500, 102]]);
  // Who takes the rows goes away in the middle: the snapshot ends, and nothing stays open.
  await expect(made.stream(async () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  expect(await made.stream(async () => undefined)).toBe(602);
});
