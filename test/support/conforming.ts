import { appendFileSync, readFileSync } from 'node:fs';

import { afterAll, afterEach, inject } from 'vitest';

import { watchWire } from '../../src/simulator/wire-watch.ts';
import { createConformance, type Conformance } from './conformance.ts';
import { type Invoice, invoicesIn, judgedInvoice, learn, nothingKnown } from './invoice-sums.ts';
import { openRecorder, type Commit } from './raw-inputs/inputs.ts';
import { openJudge, type Judge } from './raw-inputs/judge.ts';
import type { Shapes } from './stripe-shapes.ts';

// Every simulator of the suite is watched: each story is a test of the simulator's shapes, and of the product's calls.
let conformance: Conformance | undefined;
const problems = new Set<string>();

function judged(problemsOf: (by: Conformance) => readonly string[]): void {
  conformance ??= createConformance(JSON.parse(readFileSync(inject('stripeShapesFile'), 'utf8')) as Shapes);
  for (const problem of problemsOf(conformance)) problems.add(problem);
}

const known = nothingKnown();
/** Final invoices of this file by id: worked out wholly, or why not. */
const seen = new Map<string, string | null>();
const waiting = new Map<string, Invoice>();

function recomputed(text: string, given?: unknown): void {
  const body: unknown = JSON.parse(text);
  learn(known, body, given);
  for (const invoice of invoicesIn(body)) look(invoice);
  // A later page may complete an invoice that was seen before.
  for (const invoice of waiting.values()) if (known.pages.get(invoice.id ?? '')?.complete === true) look(invoice);
}

function look(invoice: Invoice): void {
  if (invoice.status === 'draft' || invoice.id === undefined) return;
  const { problems: found, skipped } = judgedInvoice(known, invoice);
  for (const problem of found) problems.add(problem);
  seen.set(invoice.id, skipped);
  if (skipped === null) waiting.delete(invoice.id);
  else waiting.set(invoice.id, invoice);
}

const recorder = openRecorder();
/** The simulators of this file: what they committed and nobody has looked at yet, and who looks at it. */
const simulators: { readonly commits: Commit[]; readonly judge: Judge }[] = [];

watchWire({
  starts: (kept) => {
    simulators.push({ commits: recorder.starts(kept), judge: openJudge() });
  },
  answered: (exchange) => {
    const { status } = exchange;
    // What failed after its work was carried out, too.
    if (status === 200 || status >= 500) recorder.answered(exchange);
    judged((by) => by.exchange(exchange));
    recomputed(exchange.answer, exchange.given);
  },
  delivers: (body) => {
    judged((by) => by.webhook(body));
    recomputed(body);
  },
});

afterEach(() => {
  for (const { commits, judge } of simulators)
    for (const problem of judge.look(commits.splice(0))) problems.add(problem);
  const found = [...problems];
  problems.clear();
  if (found.length > 0)
    throw new Error(`not what the SDK's types or the invoice's own numbers say:\n${found.join('\n')}`);
});

/** `INVOICE_REPORT=file npm test` counts the invoices of each test file that were worked out again, and why others were not. */
const report = process.env['INVOICE_REPORT'];

afterAll(() => {
  const raw = simulators.flatMap(({ judge }) => [...judge.judged.values()]);
  if (report === undefined || seen.size + raw.length === 0) return;
  const skipped = [...seen.values()].filter((reason) => reason !== null);
  const unknown = raw.filter((reason) => reason !== null);
  const line = { invoices: seen.size, skipped, fromRaw: raw.length, unknown };
  appendFileSync(report, `${JSON.stringify(line)}\n`);
});
