import { readFileSync } from 'node:fs';

import { expect, inject, test } from 'vitest';

import { decodeForm } from '../../src/simulator/form.ts';
import type { Exchange } from '../../src/simulator/wire-watch.ts';
import { watchWire } from '../../src/simulator/wire-watch.ts';
import { createConformance } from '../support/conformance.ts';
import type { Shapes } from '../support/stripe-shapes.ts';
import { advance, grant, openListener, openStage, subscribe, use } from './support.ts';

const shapes = JSON.parse(readFileSync(inject('stripeShapesFile'), 'utf8')) as Shapes;
const conformance = createConformance(shapes);

/** One busy month, recorded: every answer and every webhook. */
async function recorded(): Promise<{ exchanges: Exchange[]; bodies: string[] }> {
  const exchanges: Exchange[] = [];
  const bodies: string[] = [];
  watchWire({ answered: (exchange) => exchanges.push(exchange), delivers: (body) => bodies.push(body) });
  await using stage = await openStage();
  await using listener = await openListener();
  const { stripe } = stage;
  await stripe.webhookEndpoints.create({ url: listener.url, enabled_events: ['*'] });
  const plan = await subscribe(stage);
  await grant(stage, plan, 500);
  await use(stage, plan, 1_000_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const [invoice] = (await stripe.invoices.list({ customer: plan.customer })).data;
  await stripe.creditNotes.create({ invoice: invoice?.id ?? '', amount: 100, refund_amount: 100 });
  await stage.simulator.settled();
  watchWire(undefined);
  return { exchanges, bodies };
}

const { exchanges, bodies } = await recorded();

test('what a busy month says is what the types say', () => {
  expect(exchanges.length).toBeGreaterThan(10);
  expect(bodies.length).toBeGreaterThan(20);
  expect(exchanges.flatMap(conformance.exchange)).toEqual([]);
  expect(bodies.flatMap(conformance.webhook)).toEqual([]);
});

function found(method: string, route: string): Exchange {
  const exchange = exchanges.find((candidate) => candidate.method === method && candidate.route === route);
  if (exchange === undefined) throw new Error(`nobody called ${method} ${route}`);
  return exchange;
}

const notes = found('POST', '/v1/credit_notes');
const planted = (plant: (note: Record<string, unknown>) => void): Exchange => {
  const note = JSON.parse(notes.answer) as Record<string, unknown>;
  plant(note);
  return { ...notes, answer: JSON.stringify(note) };
};

test.for([
  ['a missing field', (note) => delete note['invoice'], 'invoice is missing'],
  ['a misspelt field', (note) => Object.assign(note, { memmo: null }), 'memmo is not declared'],
  ['a number as text', (note) => Object.assign(note, { total: '100' }), 'total is "100", not a number'],
  ['an empty field that is never empty', (note) => Object.assign(note, { number: null }), 'number is null, not text'],
  [
    'an object of another kind',
    (note) => Object.assign(note, { object: 'invoice' }),
    'object is "invoice", not credit_note',
  ],
  [
    'a line without its amount',
    (note) => delete (note as { lines: { data: Record<string, unknown>[] } }).lines.data[0]?.['amount'],
    'lines.data[0].amount is missing',
  ],
] as const satisfies readonly (readonly [string, (note: Record<string, unknown>) => unknown, string])[])(
  'planted in an answer: %s is found',
  ([, plant, problem]) => {
    const problems = conformance.exchange(planted(plant));
    expect(problems).toEqual([`answer to POST /v1/credit_notes: ${problem}`]);
  },
);

test('planted in a webhook: a field of the object inside is found', () => {
  const body = bodies.find((candidate) => candidate.includes('"invoice.finalized"')) ?? '';
  expect(conformance.webhook(body)).toEqual([]);
  expect(conformance.webhook(body.replace('"amount_due"', '"amount_dew"'))).toEqual([
    'webhook invoice.finalized: data.object.amount_due is missing',
    'webhook invoice.finalized: data.object.amount_dew is not declared',
  ]);
  expect(conformance.webhook(body.replace('"invoice.finalized"', '"invoice.finalised"'))).toHaveLength(1);
});

test('planted in a list and in an expanded field', () => {
  const list = found('GET', '/v1/invoices');
  const { has_more: more, ...page } = JSON.parse(list.answer) as { has_more: boolean };
  expect(conformance.exchange({ ...list, answer: JSON.stringify({ ...page, more }) })).toEqual([
    'answer to GET /v1/invoices: has_more is missing',
    'answer to GET /v1/invoices: more is not declared',
  ]);
  const customer = { id: 'cus_1', object: 'customer', balance: 'zero' };
  const problems = conformance.exchange(planted((note) => Object.assign(note, { customer })));
  expect(problems).toContain('answer to POST /v1/credit_notes: customer.balance is "zero", not a number');
});

test.for([
  ['invoice=in_1&amount=100&refund_ammount=100', ['refund_ammount is not declared']],
  ['invoice=in_1&amount=a+hundred', ['amount is "a hundred", not a number']],
  ['amount=100', ['invoice is missing']],
  ['invoice=in_1&lines[0][type]=invoice_line_item&lines[0][ammount]=1', ['lines[0].ammount is not declared']],
  ['invoice=in_1&email_type=post', ['email_type is "post", not none or credit_note']],
  ['invoice=in_1&amount=100&metadata[ticket]=T-1&expand[0]=customer', []],
] as const)('parameters of a credit note: %s', ([given, problems]) => {
  expect(conformance.exchange({ ...notes, given: decodeForm(given) })).toEqual(
    problems.map((problem) => `parameters of POST /v1/credit_notes: ${problem}`),
  );
});
