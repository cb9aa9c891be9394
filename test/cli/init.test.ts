import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { templatePath, TEMPLATES, type TemplateName } from '../../src/cli/init.ts';
import { lintCatalogue } from '../../src/domain/catalogue-lint.ts';
import { runCommand } from '../support/service-process.ts';
import { templateCatalogue } from '../support/templates.ts';

const folder = await mkdtemp(join(tmpdir(), 'creditpool-init-'));
const here = process.cwd();
process.chdir(folder);
afterAll(async () => {
  process.chdir(here);
  await rm(folder, { recursive: true });
});

test('init writes a template once, keeps the local data out of git, and writes over nothing', async () => {
  await writeFile('.gitignore', 'node_modules');
  const looked = await runCommand({}, 'init', '--template', 'netlify', '--dry-run');
  expect([looked.exitCode, await readdir('.')]).toEqual([0, ['.gitignore']]);
  expect((await runCommand({}, 'init', '--template', 'netlify', '--yes')).exitCode).toBe(0);
  expect(await readFile('credits.config.ts', 'utf8')).toBe(await readFile(templatePath('netlify'), 'utf8'));
  expect(await readFile('.gitignore', 'utf8')).toBe('node_modules\n.creditpool/\n');
  const again = await runCommand({}, 'init', '--template', 'hybrid', '--yes');
  expect(again).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('writes over nothing') as unknown });
  expect(await readFile('credits.config.ts', 'utf8')).toContain('deploy.run');
});

test.for(Object.keys(TEMPLATES) as readonly TemplateName[])(
  'the template %s has nothing to complain about',
  async (name) => {
    expect(lintCatalogue(await templateCatalogue(name))).toEqual([]);
  },
);
