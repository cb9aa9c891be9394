// What `npm pack` makes, as a stranger meets it: checked by the tools of the trade, installed into an empty folder, run.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { openWindow, startBrowser } from './support/browser.ts';
import { freePort } from './support/service-process.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const browser = await startBrowser();
/** The program of docs/afternoon.md, to the letter. */
const [, hostFile = ''] =
  /```js[^\n]*\n([\s\S]*?)```/.exec(readFileSync(join(root, 'docs/afternoon.md'), 'utf8')) ?? [];

async function restOf(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<void> {
  while ((await reader?.read())?.done === false);
}

interface Running {
  readonly says: (text: string) => Promise<unknown>;
  readonly end: (signal: 'SIGTERM' | 'SIGKILL') => Promise<void>;
}

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

describe('an afternoon, by docs/afternoon.md alone', () => {
  const settings: Record<string, string> = { LOG_LEVEL: 'error' };
  let sandbox: Running | null = null;
  let origin = '';

  beforeAll(async () => {
    settings['PORT'] = String(await freePort());
    settings['SIMULATOR_PORT'] = String(await freePort());
    settings['APP_PORT'] = String(await freePort());
    origin = `http://127.0.0.1:${settings['APP_PORT']}`;
    await writeFile(join(folder, 'server.js'), hostFile);
    sandbox = start(CREDITPOOL, 'dev');
    await sandbox.says('Try:');
  });
  afterAll(async () => sandbox?.end('SIGTERM'));

  /** A program of the host's folder that stays. */
  function start(...words: readonly string[]): Running {
    const child = spawn(process.execPath, [...words], {
      cwd: folder,
      env: { PATH: process.env['PATH'], ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
    }
    const ended = once(child, 'close');
    return {
      says: async (text) => vi.waitFor(() => expect(printed).toContain(text), { timeout: 120_000, interval: 100 }),
      end: async (signal) => {
        child.kill(signal);
        await ended;
      },
    };
  }

  async function startHost(): Promise<Running> {
    const host = start('--env-file=.creditpool/env', 'server.js');
    await host.says('process');
    return host;
  }

  async function balance(): Promise<{ readonly available: number; readonly held: number }> {
    const shown = JSON.parse(await node(CREDITPOOL, 'balance', 'ext:acme', '--json')) as Record<string, string>;
    return { available: Number(shown['available']), held: Number(shown['held']) };
  }

  test('the whole product stands on embedded parts, its pages and assets too', async () => {
    const answered: Record<string, number> = {};
    const answers = {
      '/readyz': 200,
      '/docs': 200,
      '/docs/assets/swagger-ui-bundle.js': 200,
      '/docs/errors': 200,
      '/openapi.json': 200,
      '/admin': 401,
    };
    for (const path of Object.keys(answers)) {
      answered[path] = (await fetch(`http://127.0.0.1:${settings['PORT']}${path}`)).status;
    }
    expect(answered).toEqual(answers);
  });

  test('at most 40 lines charge for a stream, show the widget, and lose nothing to a kill in the middle', async () => {
    expect(hostFile.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
    const before = await balance();
    const host = await startHost();
    const whole = await fetch(`${origin}/answers`, { method: 'POST' });
    expect((await whole.text()).split('token ')).toHaveLength(1001);
    expect(await balance()).toEqual({ ...before, available: before.available - 3 });

    const page = await openWindow(browser, origin);
    await page.page.goto(origin);
    await page.page.locator('credit-balance[data-state=fine]').waitFor();
    expect(page.complaints).toEqual([]);

    const cut = await fetch(`${origin}/answers`, { method: 'POST' });
    const reader = cut.body?.getReader();
    await reader?.read();
    await host.end('SIGKILL');
    await expect(restOf(reader)).rejects.toThrow();
    // Up to 4000 tokens stay reserved for an answer that nobody has; nothing was charged for it.
    expect(await balance()).toEqual({ available: before.available - 3 - 12, held: before.held + 12 });

    const again = await startHost();
    await (await fetch(`${origin}/answers`, { method: 'POST' })).text();
    expect(await balance()).toEqual({ available: before.available - 6 - 12, held: before.held + 12 });
    await node(CREDITPOOL, 'sim', 'advance', '1h');
    expect(await balance()).toEqual({ available: before.available - 6, held: before.held });
    expect(await node(CREDITPOOL, 'ledger', 'verify', 'ext:acme')).toMatch(/^The books balance/);
    expect(await node(CREDITPOOL, 'explain', 'ext:acme')).toContain('llm.complete');
    expect(await node(CREDITPOOL, 'upgrade-notes')).toContain('## 0.1.0');
    await again.end('SIGTERM');
  });
});
