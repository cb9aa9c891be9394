// docs/stripe-assumptions.md: each uncertain fact with its switch and the command that settles it.
import { readFile } from 'node:fs/promises';

import { expect, test } from 'vitest';

import { defaultSwitches } from '../src/simulator/switches.ts';

const page = await readFile(new URL('../docs/stripe-assumptions.md', import.meta.url), 'utf8');

/** How this simulator's own deliveries and prices are set: no facts about Stripe that anybody doubts. */
const SETTINGS = /^(webhook|chargeFee|disputeFee$)/;

const facts = page.split(/^### /m).slice(1);

/** The switches that a fact names: `a`, `b`. */
function switchesOf(fact: string): readonly string[] {
  const [, named = ''] = /Switch(?:es)?: ((?:`\w+`(?:,\s+)?)+)/.exec(fact) ?? [];
  return [...named.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? '');
}

test('every switch of the simulator is on the page, once, and no other', () => {
  const switches = Object.keys(defaultSwitches()).filter((name) => !SETTINGS.test(name));
  expect(switches.length).toBeGreaterThan(20);
  expect(facts.flatMap(switchesOf).toSorted()).toEqual(switches.toSorted());
});

test.for(facts.map((fact) => [fact.split('\n')[0] ?? '', fact] as const))(
  '%s: a switch or the reason for none, and a command that settles it',
  ([, fact]) => {
    expect(switchesOf(fact).length > 0 || fact.includes('No switch')).toBe(true);
    const commands = /```bash\n([\s\S]+?)```/.exec(fact)?.[1] ?? '';
    expect(commands).toMatch(/\b(?:s|event|grant|advance|stripe|creditpool)\b/);
  },
);
