import { readFile } from 'node:fs/promises';

import { describe, expect, test } from 'vitest';

import { webhookRegistry } from '../webhooks/index.ts';

const text = await readFile(new URL('../docs/webhooks.md', import.meta.url), 'utf8');

/** The first cells of a section's table. */
function firstCells(section: string): string[] {
  const body = text.split(/^## /m).find((part) => part.startsWith(section)) ?? '';
  return [...body.matchAll(/^\| `([^`]+)`/gm)].map(([, cell]) => cell ?? '');
}

describe('docs/webhooks.md', () => {
  test('lists exactly the event types that are handled', () => {
    expect(firstCells('What each type does').toSorted()).toEqual(Object.keys(webhookRegistry).toSorted());
  });

  test('a type that is not in the document would be noticed', () => {
    const missing = firstCells('What each type does').filter((type) => type !== 'invoice.paid');
    expect(missing.toSorted()).not.toEqual(Object.keys(webhookRegistry).toSorted());
  });

  test('names every code that the door refuses with', async () => {
    const source = await readFile(new URL('../src/stripe/events.ts', import.meta.url), 'utf8');
    const union = /readonly code:([^;]+);/.exec(source)?.[1] ?? '';
    const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code ?? '');
    expect(firstCells('At the door').toSorted()).toEqual(codes.toSorted());
  });
});
