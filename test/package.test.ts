// What `npm pack` makes, as a stranger meets it: checked by the tools of the trade, installed into an empty folder, run.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { publint } from 'publint';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { freePort } from './support/service-process.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
let folder = '';
let tarball = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'creditpool-package-'));
  await run('npm', ['run', '--silent', 'build'], { cwd: root });
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root });
  tarball = join(folder, stdout.trim());
  await writeFile(join(folder, 'package.json'), '{ "name": "host", "private": true, "type": "module" }\n');
  await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', tarball], {
    cwd: folder,
  });
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

/** In the host's folder, with the Node that the tests run on and nothing of the machine's settings. */
async function node(...words: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [...words], { cwd: folder, env: { PATH: process.env['PATH'] } });
  return stdout;
}

const CREDITPOOL = 'node_modules/creditpool/dist/src/cli/main.js';

test('the manifest says what the files are', async () => {
  const { messages } = await publint({ pkgDir: root, strict: true, pack: false });
  expect(messages).toEqual([]);
});

test('types resolve as the code does', async () => {
  const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
  const { stdout } = await run(process.execPath, [attw, tarball, '--profile', 'esm-only', '--format', 'json']);
  const { problems } = JSON.parse(stdout) as { readonly problems: Readonly<Record<string, unknown>> };
  // Every export is a module: who calls require() is told so by Node itself.
  expect(Object.keys(problems).filter((kind) => !['CJSResolvesToESM', 'NoResolution'].includes(kind))).toEqual([]);
});

test('an empty folder gets no package that reports home', async () => {
  const { stdout } = await run('npm', ['ls', '--all', '--parseable'], { cwd: folder });
  expect(stdout).toContain('node_modules/creditpool');
  expect(stdout).not.toMatch(/scarf|posthog|segment/);
});

test('every export can be imported, and importing does nothing', async () => {
  const { exports } = JSON.parse(
    await node('-e', `process.stdout.write(require('fs').readFileSync('node_modules/creditpool/package.json'))`),
  ) as { readonly exports: Readonly<Record<string, unknown>> };
  const names = Object.keys(exports).filter((name) => !name.endsWith('.json') && !name.endsWith('.js'));
  const program = names.map((name) => `await import('creditpool${name.slice(1)}');`).join('\n');
  await writeFile(join(folder, 'host.js'), `${program}\nconsole.log('imported');\n`);
  expect(await node('host.js')).toBe('imported\n');
});

test('the command runs, with a catalogue and without', async () => {
  const { version } = JSON.parse(
    await node('-e', `process.stdout.write(require('fs').readFileSync('node_modules/creditpool/package.json'))`),
  ) as { readonly version: string };
  expect(await node(CREDITPOOL, '--version')).toBe(`${version}\n`);
  expect(await node(CREDITPOOL, '--help')).toContain('creditpool');
});

test('the whole product stands on embedded parts, its pages and assets too', async () => {
  const [port, simulatorPort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, [CREDITPOOL, 'dev'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], PORT: String(port), SIMULATOR_PORT: String(simulatorPort), LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const ended = new Promise((resolve) => {
    child.once('close', resolve);
  });
  try {
    await vi.waitFor(() => expect(printed).toContain('Try:'), { timeout: 120_000, interval: 200 });
    const answered: Record<string, number> = {};
    const origin = `http://127.0.0.1:${port}`;
    const answers = {
      '/readyz': 200,
      '/docs': 200,
      '/docs/assets/swagger-ui-bundle.js': 200,
      '/docs/errors': 200,
      '/openapi.json': 200,
      '/admin': 401,
    };
    for (const path of Object.keys(answers)) answered[path] = (await fetch(origin + path)).status;
    expect(answered).toEqual(answers);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
});
