import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { readCatalogueFile } from '../../src/cli/catalogue-file.ts';
import { lintCatalogue } from '../../src/domain/catalogue-lint.ts';
import { samplePolicy } from '../support/catalogue.ts';

const guide = await readFile(new URL('../../docs/catalogue.md', import.meta.url), 'utf8');
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'creditpool-guide-'));
});
afterAll(async () => rm(folder, { recursive: true }));

describe('the guide to the catalogue', () => {
  test.for(['ts', 'yaml'])('shows a %s file that is sound', async (language) => {
    const block = new RegExp(`^\`\`\`${language}\\n(.+?)^\`\`\`$`, 'ms').exec(guide)?.[1] ?? '';
    const path = join(folder, `guide.${language}`);
    await writeFile(path, block);
    const file = await readCatalogueFile(path);
    if ('findings' in file) throw new Error(JSON.stringify(file.findings));
    expect(lintCatalogue(file.catalogue)).toEqual([]);
  });

  test('explains each rule of the policy, and no other', () => {
    const rules = [...guide.matchAll(/^### (\w+)$/gm)].map(([, rule]) => rule);
    expect(rules).toEqual(Object.keys(samplePolicy));
  });
});
