import { expect, test } from 'vitest';

import { newUuid } from '../../src/operations/new-id.ts';

test('ids are UUIDs of version 7 that begin with their time, and no two are the same', () => {
  const at = Date.parse('2100-04-01T00:00:00Z');
  const ids = Array.from({ length: 2_000 }, () => newUuid(at));
  expect(new Set(ids).size).toBe(2_000);
  for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  expect(ids.every((id) => Number.parseInt(id.slice(0, 13).replace('-', ''), 16) === at)).toBe(true);
  expect(newUuid(at) < newUuid(at + 1)).toBe(true);
});

test('ids of one process are in the order in which they were made, however many a millisecond and whatever the clock does', () => {
  const at = Date.parse('2100-05-01T00:00:00Z');
  const ids = Array.from({ length: 10_000 }, (_, index) => newUuid(index < 9_000 ? at : at - 3_600_000));
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(10_000);
});
