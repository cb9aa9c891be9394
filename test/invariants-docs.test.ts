import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const IDS = [...Array.from({ length: 23 }, (_, index) => `INV-${String(index + 1).padStart(2, '0')}`), 'INV-37'];

const text = await readFile(join(ROOT, 'docs/invariants.md'), 'utf8');
const rows = [...text.matchAll(/^\| (?<id>INV-\d\d) \|.*\| (?<files>[^|]+) \|$/gm)].map(({ groups }) => ({
  id: groups?.['id'] ?? '',
  files: [...(groups?.['files'] ?? '').matchAll(/`([^`]+)`/g)].map(([, file]) => file ?? ''),
}));

test('the list has each invariant once, in order', () => {
  expect(rows.map(({ id }) => id)).toEqual(IDS);
});

test.for(rows.flatMap(({ id, files }) => files.map((file) => [id, file] as const)))(
  '%s is named by a title in %s',
  async ([id, file]) => {
    const source = await readFile(join(ROOT, file), 'utf8');
    expect(
      [...source.matchAll(/\b(?:test|describe)(?:\.for\(.*\))?\(\s*['"`](INV-\d\d) /g)].map(([, named]) => named),
    ).toContain(id);
  },
);
