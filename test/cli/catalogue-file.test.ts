import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { readCatalogueFile } from '../../src/cli/catalogue-file.ts';
import { lintCatalogue } from '../../src/domain/catalogue-lint.ts';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'creditpool-catalogue-'));
});
afterAll(async () => rm(folder, { recursive: true }));

async function read(name: string, text: string) {
  const path = join(folder, name);
  await writeFile(path, text);
  return readCatalogueFile(path);
}

describe('the sample catalogue', () => {
  test('has nothing for the linter to complain about', async () => {
    const file = await readCatalogueFile(at('credits.config.ts'));
    if ('findings' in file) throw new Error(JSON.stringify(file.findings));
    expect(lintCatalogue(file.catalogue)).toEqual([]);
    expect(file.catalogue.plans.map(({ plan }) => plan)).toEqual(['hybrid', 'starter', 'cost-plus']);
  });

  test.for(['test/fixtures/credits.config.yaml', 'test/fixtures/credits.config.json'])(
    'says the same as %s',
    async (twin) => {
      expect(await readCatalogueFile(at(twin))).toEqual(await readCatalogueFile(at('credits.config.ts')));
    },
  );
});

describe('a TypeScript file', () => {
  const minimal = `{ unit: { name: 'credit', displayName: 'Credits', meterUnit: 'milli' }, burnTable: [], plans: [], packs: [] }`;

  test('finds creditpool although nothing is installed beside it', async () => {
    const text = `import { defineCatalogue } from 'creditpool';\nexport default defineCatalogue(${minimal});\n`;
    expect(await read('plain.ts', text)).toMatchObject({ catalogue: { plans: [] } });
  });

  test('is read again after it was edited', async () => {
    await read('edited.ts', `export default ${minimal};\n`);
    const edited = minimal.replace('Credits', 'Sparks');
    expect(await read('edited.ts', `export default ${edited};\n`)).toMatchObject({
      catalogue: { unit: { displayName: 'Sparks' } },
    });
  });
});

describe('what cannot be read is one line with the cause and the fix', () => {
  test.for<[string, string, string, RegExp]>([
    [
      'a TypeScript file that does not parse',
      'broken.ts',
      'export default {',
      /^syntax: .+\. Correct the file there\.$/,
    ],
    [
      'a TypeScript file that throws',
      'throws.ts',
      `throw new Error('no such\\nrate');\nexport default {}`,
      /^syntax: no such\. Correct/,
    ],
    [
      'an import of something else',
      'imports.ts',
      `import x from 'not-there-at-all';\nexport default x;`,
      /^syntax: .*not-there-at-all.*\. Correct/,
    ],
    [
      'a file without a default export',
      'named.ts',
      'export const catalogue = {};',
      /^no_default_export: .+ Write export default/,
    ],
    ['YAML that does not parse', 'broken.yaml', 'unit: [', /^syntax: .+ line 1.+\. Correct/],
    [
      'a YAML key that is there twice',
      'twice.yaml',
      'unit: 1\nunit: 2\n',
      /^syntax: Map keys must be unique at line 2, column 1\. Correct/,
    ],
    ['JSON that does not parse', 'broken.json', '{"unit": }', /^syntax: .+ Correct/],
    ['an empty file', 'empty.yaml', '', /^wrong_value: the file is null\. Write an object with unit/],
    [
      'another kind of file',
      'catalogue.toml',
      '',
      /^unknown_format: .+catalogue\.toml is none of .+ Rename the file\.$/,
    ],
  ])('%s', async ([, name, text, line]) => {
    const file = await read(name, text);
    if ('catalogue' in file) throw new Error('it was read');
    const [first] = file.findings.map(({ code, message, fix }) => `${code}: ${message} ${fix}`);
    expect(first).toMatch(line);
    expect(first).not.toContain('\n');
  });

  test('a file that is not there', async () => {
    expect(await readCatalogueFile(join(folder, 'missing.ts'))).toMatchObject({ findings: [{ code: 'file_missing' }] });
  });

  test('a folder', async () => {
    expect(await readCatalogueFile(folder)).toMatchObject({ findings: [{ code: 'file_unreadable' }] });
  });
});
