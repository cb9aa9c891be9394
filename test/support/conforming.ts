import { readFileSync } from 'node:fs';

import { afterEach, inject } from 'vitest';

import { watchWire } from '../../src/simulator/wire-watch.ts';
import { createConformance, type Conformance } from './conformance.ts';
import { invoicesIn, type Known, learn, wrongSums } from './invoice-sums.ts';
import type { Shapes } from './stripe-shapes.ts';

// Every simulator of the suite is watched: each story is a test of the simulator's shapes, and of the product's calls.
let conformance: Conformance | undefined;
const problems = new Set<string>();

function judged(judge: (by: Conformance) => readonly string[]): void {
  conformance ??= createConformance(JSON.parse(readFileSync(inject('stripeShapesFile'), 'utf8')) as Shapes);
  for (const problem of judge(conformance)) problems.add(problem);
}

const known: Known = { unusual: new Set(), percentages: new Map() };

function recomputed(text: string): void {
  const body: unknown = JSON.parse(text);
  learn(known, body);
  for (const invoice of invoicesIn(body)) for (const problem of wrongSums(known, invoice)) problems.add(problem);
}

watchWire({
  answered: (exchange) => {
    judged((by) => by.exchange(exchange));
    recomputed(exchange.answer);
  },
  delivers: (body) => {
    judged((by) => by.webhook(body));
    recomputed(body);
  },
});

afterEach(() => {
  const found = [...problems];
  problems.clear();
  if (found.length > 0)
    throw new Error(`not what the SDK's types or the invoice's own numbers say:\n${found.join('\n')}`);
});
