// What README and docs tell people to type is typed here: shell blocks run in order in a folder of their own, against one sandbox that
// knows acme and globex. A block that cannot run says why in its fence (`no-run="…"`), or which test runs it (`run-by="…"`).
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { CommanderError } from 'commander';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse as parseYaml } from 'yaml';

import { type Block, BLOCKS, placeOf } from '../scripts/docs-blocks/blocks.ts';
import { isTypeScript, typedBlocks } from '../scripts/docs-blocks/typescript.ts';
import { readCatalogueFile } from '../src/cli/catalogue-file.ts';
import { exitCodeOfFailure } from '../src/cli/exit-codes.ts';
import { program } from '../src/cli/run-command.ts';
import { readConfig } from '../src/config.ts';
import { OPERATIONS } from '../src/contract/operations.ts';
import { createLog } from '../src/log.ts';
import { openBooks } from '../src/sandbox/open-books.ts';
import { SAMPLE_CATALOGUE } from '../src/sandbox/push-catalogue-file.ts';
import { signUp } from '../src/sandbox/sign-up.ts';
import { listPlanVersions } from '../src/storage/plans.ts';
import { cloneDatabase } from './support/database.ts';
import { everyCommand, examplesIn, helpOf } from './support/help-examples.ts';
import { employ } from './support/operators.ts';
import { STORY_PEPPER, tellStory } from './support/story.ts';

vi.setConfig({ testTimeout: 60_000 });

const root = fileURLToPath(new URL('..', import.meta.url));
/** They ask Stripe itself, one after the other; what they would show is what the simulator's switches stand for. */
const ASKS_STRIPE = 'docs/stripe-assumptions.md';
/** The help of each command, written from the code and compared with it. */
const GENERATED = 'docs/reference/';

/** It begins where there is no catalogue yet. */
const FROM_NOTHING = 'docs/how-to/write-a-catalogue.md';

const shell = BLOCKS.filter(({ language }) => ['bash', 'sh'].includes(language));
const runnable = shell.filter(
  ({ page, info }) => page !== ASKS_STRIPE && info['no-run'] === undefined && info['run-by'] === undefined,
);

test('every block is run, checked, or left with a reason', () => {
  const known = (block: Block): boolean =>
    ['bash', 'sh', 'json', 'yaml', 'html', 'http'].includes(block.language) ||
    (block.language === 'text' && !/^(creditpool|npm|npx|curl|GET|POST|PUT) /m.test(block.text)) ||
    isTypeScript(block) ||
    block.page.startsWith(GENERATED) ||
    (block.info['no-run'] ?? '').length > 10 ||
    existsSync(join(root, block.info['run-by'] ?? '\0'));
  expect(BLOCKS.length).toBeGreaterThan(80);
  expect(runnable.length).toBeGreaterThan(38);
  expect(BLOCKS.filter((block) => !known(block)).map(placeOf)).toEqual([]);
  const reasons = BLOCKS.flatMap(({ info }) => Object.entries(info)).filter(([name]) => name === 'run-by');
  expect(reasons.filter(([, file]) => !existsSync(join(root, file)))).toEqual([]);
});

test('TypeScript of the docs is what `npm run typecheck` reads', async () => {
  for (const [name, text] of typedBlocks()) {
    expect(await readFile(join(root, 'test/docs-blocks', name), 'utf8')).toBe(text);
  }
});

test.for(BLOCKS.filter(({ language }) => language === 'json').map((block) => [placeOf(block), block] as const))(
  '%s is JSON',
  ([, { text }]) => expect(Object.keys(JSON.parse(text) as object).length).toBeGreaterThan(0),
);

test.for(BLOCKS.filter(({ language }) => language === 'http').map((block) => [placeOf(block), block] as const))(
  '%s calls an operation that there is',
  ([, { text }]) => {
    const [, method = '', path = ''] = /^(GET|POST|PUT) (\S+)/.exec(text) ?? [];
    const known = Object.values(OPERATIONS).some(
      (one) =>
        one.method === method.toLowerCase() && new RegExp(`^${one.path.replaceAll(/:\w+/g, '[^/]+')}$`, 'u').test(path),
    );
    expect([path, known]).toEqual([path, true]);
  },
);

test.for(BLOCKS.filter(({ language }) => language === 'yaml').map((block) => [placeOf(block), block] as const))(
  '%s is YAML',
  ([, { text }]) => expect(Object.keys(parseYaml(text) as object).length).toBeGreaterThan(1),
);

test('the elements of the widget that a page shows are those that there are', async () => {
  const shown = BLOCKS.filter(({ language }) => language === 'html').flatMap(({ text }) =>
    [...text.matchAll(/<(credit-\w+)/g)].map(([, name]) => name),
  );
  expect(shown.length).toBeGreaterThan(3);
  const defined = await readFile(join(root, 'src/widget/index.ts'), 'utf8');
  expect(shown.filter((name) => !defined.includes(`'${name}'`))).toEqual([]);
});

test.for(
  BLOCKS.filter(({ page, text }) => page === 'docs/catalogue.md' && /defineCatalogue|burnTable/.test(text)).map(
    (block) => [placeOf(block), block] as const,
  ),
)('%s is a catalogue', async ([, { language, text }]) => {
  const folder = await mkdtemp(join(tmpdir(), 'creditpool-docs-'));
  const file = join(folder, `credits.config.${language}`);
  await writeFile(file, text);
  expect(await readCatalogueFile(file)).toHaveProperty('catalogue');
  await rm(folder, { recursive: true });
});

describe('shell blocks', async () => {
  const clone = await cloneDatabase();
  const story = await tellStory(clone.database, { catalogue: await sampleCatalogue() });
  const folder = await mkdtemp(join(tmpdir(), 'creditpool-docs-'));
  const local = join(folder, '.creditpool');
  const settings = {
    CREDITPOOL_DIR: local,
    DATABASE_URL: clone.ownerConnectionString,
    API_KEY_PEPPER: STORY_PEPPER,
  };
  const cli = createServer((request, response) => {
    let asked = '';
    request.on('data', (part: Buffer) => (asked += part.toString()));
    request.on('end', () => {
      const [cwd = '', ...words] = asked.split('\0').slice(0, -1);
      void command(settings, cwd, words).then((answer) => response.end(JSON.stringify(answer)));
    });
  });

  beforeAll(async () => {
    await new Promise<void>((resolve) => void cli.listen(0, '127.0.0.1', resolve));
    await cp(SAMPLE_CATALOGUE, join(folder, 'credits.config.ts'));
    await cp(SAMPLE_CATALOGUE, join(folder, 'spring.ts'));
    await writeFile(join(folder, 'april.csv'), 'Date,Model,API key,Cost\n2026-04-03,text-1,prod,1.25\n');
    const prices = BLOCKS.find(({ page, language }) => page === 'docs/margin.md' && language === 'yaml');
    await writeFile(join(folder, 'model-prices.yaml'), prices?.text ?? '');
    await promisify(execFile)('mkdir', ['-p', local, join(folder, 'bin'), join(folder, 'empty')]);
    await writeFile(
      join(local, 'env'),
      `STRIPE_SIMULATOR_URL=${story.simulator.url}\nCREDITPOOL_URL=${story.origin}\nCREDITPOOL_API_KEY=${story.apiKey}\n`,
    );
    // `npm run -s creditpool -- …`, `npx creditpool …` and `creditpool …` all come here.
    const { port } = cli.address() as AddressInfo;
    for (const [name, skipped] of [
      ['npm', 4],
      ['npx', 1],
      ['creditpool', 0],
    ] as const) {
      const file = join(folder, 'bin', name);
      await writeFile(file, shim(name, skipped, port));
      await chmod(file, 0o755);
    }
    const { deps } = story.billing;
    for (const person of ['jane', 'lea', 'fiona', 'omar', 'finn']) {
      await employ(deps, person, ['owner', 'approver', 'finance', 'support']);
    }
    const plan = (await listPlanVersions(deps.db)).find((one) => one.plan === 'hybrid');
    if (plan === undefined) throw new Error('the sample catalogue has no hybrid plan');
    for (const externalId of ['acme', 'globex']) {
      const { id: testClock } = await story.stripe.testHelpers.testClocks.create({
        frozen_time: Math.floor((await story.clock.now()).getTime() / 1000),
      });
      await signUp(story.stripe, { name: externalId, externalId, plan, testClock });
    }
    await story.clock.settle();
    await story.until('2026-05-02T06:00:00Z');
  }, 120_000);
  afterAll(async () => {
    cli.close();
    await rm(folder, { recursive: true });
  });

  test('an endpoint is added once it answers the challenge, rotated, switched, told a test; an unknown one is not found', async () => {
    const receiver = createServer((request, response) => {
      request.resume();
      request.on('end', () => response.writeHead(204).end());
    });
    await new Promise<void>((resolve) => void receiver.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/in`;
    const webhooks = async (...words: readonly string[]) => command(settings, folder, ['webhooks', ...words]);
    const { id, secret } = JSON.parse((await webhooks('add', url, '--json')).out) as Record<'id' | 'secret', string>;
    expect((await webhooks('list')).out).toMatch(new RegExp(`${id} +${url} +active`));
    const rotated = JSON.parse((await webhooks('rotate', id, '--json')).out) as { readonly secret: string };
    expect([secret, rotated.secret]).toEqual([expect.stringMatching(/^whsec_/), expect.stringMatching(/^whsec_/)]);
    expect(rotated.secret).not.toBe(secret);
    expect((await webhooks('test', 'ext:acme')).code).toBe(0);
    expect((await webhooks('disable', id)).said).toContain('is disabled');
    expect(JSON.parse((await webhooks('list', '--json')).out)).toMatchObject({ data: [{ id, state: 'disabled' }] });
    expect((await webhooks('enable', 'endpoint_nobody')).code).toBe(5);
    receiver.closeAllConnections();
    receiver.close();
    expect(await webhooks('add', url)).toMatchObject({
      out: '',
      said: expect.stringContaining('did not take the challenge') as string,
    });
  });

  test.for(runnable.map((block) => [placeOf(block), block] as const))('%s', async ([, { page, text }]) => {
    const cwd = page === FROM_NOTHING ? join(folder, 'empty') : folder;
    const env = {
      ...process.env,
      PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
      CREDITPOOL_URL: story.origin,
      CREDITPOOL_API_KEY: story.apiKey,
    };
    const ran = await promisify(execFile)('bash', ['-e', '-o', 'pipefail', '-c', onceAMonth(text)], { cwd, env }).catch(
      (error: unknown) => error as { stdout: string; stderr: string },
    );
    expect(ran, `${ran.stdout}\n${ran.stderr}`).not.toBeInstanceOf(Error);
    // curl answers what the server refuses, and is content.
    expect(ran.stdout).not.toMatch(/^\{"error":/m);
    if (page !== 'README.md' || !text.startsWith('curl')) return;
    expect(
      ran.stdout
        .replaceAll('}{', '}\n{')
        .split('\n')
        .map((answer) => JSON.parse(answer) as unknown),
    ).toMatchObject([
      { allowed: true, cost: '20' },
      { status: 'applied', credits: '1.455', balance: '9998.545' },
      { object: 'hold', state: 'open' },
      { object: 'balance', available: '9958.545', held: '40' },
    ]);
  });

  test('the examples of each help are run, and what cannot be done here is refused with its reason', async () => {
    const config = readConfig(settings);
    const quiet = {
      config,
      openDeps: async () => Promise.reject(new Error('only read')),
      out: () => {},
      say: () => {},
    };
    const examples = everyCommand(program(quiet)).flatMap((one) => examplesIn(helpOf(one)));
    const failed: string[] = [];
    let done = 0;
    for (const { line, words } of new Map(examples.map((example) => [example.line, example])).values()) {
      if (RUN_ELSEWHERE.test(line)) continue;
      const { code, said, out } = await command(settings, folder, words);
      if (code === 0) done += 1;
      // 1 is a failure, and what commander does not understand; the others have a meaning of their own.
      else if (code === 1 || said + out === '') failed.push(`${line} ended with ${code}: ${said}`);
    }
    expect(failed).toEqual([]);
    expect(done).toBeGreaterThan(120);
  });
});

/** What stays until it is stopped, takes long, or takes a secret from the sandbox: tests of their own start them. */
const RUN_ELSEWHERE = /^(start|demo|dev|sim start|sim advance|sim roll)/;

let isMonthOver = false;

/** Three pages move the clock by a month, which is long: the first one does. */
function onceAMonth(text: string): string {
  const isFirst = !isMonthOver;
  isMonthOver ||= text.includes(MONTH);
  return isFirst ? text : text.replace(MONTH, '');
}

const MONTH = 'npm run -s creditpool -- sim advance 31d\n';

async function sampleCatalogue() {
  const read = await readCatalogueFile(SAMPLE_CATALOGUE);
  if ('findings' in read) throw new Error('the sample catalogue has a fault');
  const [hybrid] = read.catalogue.plans;
  if (hybrid === undefined) throw new Error('the sample catalogue has no plan');
  // Where the pages about migrations move customers to.
  const metered = { ...hybrid, plan: 'metered', name: 'Metered', includedCredits: '0' };
  return { ...read.catalogue, plans: [...read.catalogue.plans, metered] };
}

function shim(name: string, skipped: number, port: number): string {
  return `#!/bin/bash
[ "${name}" != npm ] || [ "$1 $2 $3" = "run -s creditpool" ] || exec ${JSON.stringify(process.env['npm_execpath'] ?? 'npm')} "$@"
shift ${skipped}
answer=$(printf '%s\\0' "$PWD" "$@" | curl -s --data-binary @- http://127.0.0.1:${port}/)
printf '%s' "$answer" | "${process.execPath}" -e '
  const { out, said, code } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  process.stdout.write(out); process.stderr.write(said); process.exitCode = code;'
`;
}

/** One command line in this process: what it printed, what it said, and how it ended. */
async function command(settings: Readonly<Record<string, string>>, cwd: string, words: readonly string[]) {
  let out = '';
  let said = '';
  const say = (text: string): void => void (said += `${text}\n`);
  const config = readConfig(settings);
  const before = process.cwd();
  process.chdir(cwd);
  process.exitCode = undefined;
  try {
    const commands = program({
      config,
      openDeps: async () => openBooks({ config, log: createLog({ level: 'error', to: 'stderr' }), withStripe: true }),
      out: (data) => void (out += `${data}\n`),
      say,
    });
    await commands.parseAsync(['node', 'creditpool', ...words]);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = error instanceof CommanderError ? error.exitCode : exitCodeOfFailure(error);
  }
  const code = process.exitCode ?? 0;
  process.exitCode = undefined;
  process.chdir(before);
  return { out, said, code };
}
