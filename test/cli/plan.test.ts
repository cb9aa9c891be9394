import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import type { CliContext } from '../../src/cli/context.ts';
import { registerPlanCommands } from '../../src/cli/plan.ts';
import { readConfig } from '../../src/config.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { query } from '../../src/storage/query.ts';
import { connectStripe } from '../../src/stripe/gateway.ts';
import { sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';

const { database } = await cloneDatabase();
const simulator = await startSimulator();
let folder = '';
let opened = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'creditpool-plan-'));
});
afterEach(() => {
  process.exitCode = undefined;
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await simulator.close();
});

interface Run {
  readonly out: readonly string[];
  readonly said: readonly string[];
  readonly exitCode: number;
}

async function creditpool(args: readonly string[], environment: Record<string, string> = {}): Promise<Run> {
  const out: string[] = [];
  const said: string[] = [];
  const silent = (): void => undefined;
  const sample = fileURLToPath(new URL('../../credits.config.ts', import.meta.url));
  const context: CliContext = {
    config: readConfig({ CREDITPOOL_CATALOGUE: sample, ...environment }),
    out: (data) => void out.push(data),
    say: (text) => void said.push(text),
    openDeps: async () => {
      opened += 1;
      return {
        db: database,
        stripe: connectStripe({ ...simulator, protocol: 'http' }),
        newId: () => crypto.randomUUID(),
        log: { info: silent, warn: silent, error: silent },
        settings: { cutOffMinutes: 45, meterWindowMinutes: 60 },
        close: async () => void (opened -= 1),
      };
    },
  };
  const program = new Command('creditpool').exitOverride();
  registerPlanCommands(program, context);
  await program.parseAsync(args, { from: 'user' });
  const exitCode = Number(process.exitCode ?? 0);
  process.exitCode = undefined;
  expect(opened).toBe(0);
  return { out, said, exitCode };
}

async function written(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('plan validate', () => {
  test('accepts the sample and says what comes next', async () => {
    const { out, said, exitCode } = await creditpool(['plan', 'validate']);
    expect(exitCode).toBe(0);
    expect(out).toEqual([expect.stringMatching(/credits\.config\.ts is sound\. Plans: 3, packs: 1, rates: 3\.$/)]);
    expect(said).toEqual(['Next: creditpool plan diff']);
  });

  test('names file, place, cause and fix on one line for each finding, and exits 3', async () => {
    const path = await written('bad.json', JSON.stringify({ ...sampleCatalogue, coupons: [], packs: 7 }));
    const { out, said, exitCode } = await creditpool(['plan', 'validate', path]);
    expect(exitCode).toBe(3);
    expect(out).toEqual([]);
    expect(said).toEqual([
      `${path}: packs: packs is 7. Write a list of packs, empty for none.`,
      `${path}: coupons: coupons is no field of the catalogue. Remove it, or correct its spelling.`,
    ]);
  });

  test('with --json puts one document on stdout, sound or not', async () => {
    const sound = await creditpool(['plan', 'validate', '--json']);
    expect(JSON.parse(sound.out.join())).toEqual({ object: 'catalogue_check', valid: true, findings: [] });
    const path = await written('empty.json', JSON.stringify({ ...sampleCatalogue, plans: [] }));
    const { out, said, exitCode } = await creditpool(['plan', 'validate', path, '--json']);
    expect(exitCode).toBe(3);
    expect(said).toEqual([]);
    expect(JSON.parse(out.join())).toMatchObject({
      object: 'catalogue_check',
      valid: false,
      findings: [
        { path: 'plans', code: 'no_plan' },
        { path: 'packs[0].currency', code: 'no_plan_in_currency' },
      ],
    });
  });

  test('exits 5 for a file that is not there, and 2 for one that it cannot know', async () => {
    const none = join(folder, 'none.ts');
    const missing = await creditpool(['plan', 'validate', none]);
    expect(missing.exitCode).toBe(5);
    expect(missing.said).toEqual([
      `${none}: There is no file ${none}. Name another one, or write it: docs/catalogue.md.`,
    ]);
    expect((await creditpool(['plan', 'validate', await written('a.toml', '')])).exitCode).toBe(2);
  });
});

describe('plan diff and push', () => {
  test('a dry run shows the plan and stops; exit code 3 only when asked for', async () => {
    const dry = await creditpool(['plan', 'push', '--dry-run']);
    expect(dry.exitCode).toBe(0);
    expect(dry.out).toContain('+ create   unit    credit: Credits');
    expect(dry.out.at(-1)).toBe('19 to do, 0 unchanged');
    expect((await creditpool(['plan', 'diff'])).exitCode).toBe(0);
    expect((await creditpool(['plan', 'diff', '--exit-code'])).exitCode).toBe(3);
    expect(await query(database, 'select from credit_units')).toEqual([]);
  });

  test('off a terminal nobody can be asked: nothing is pushed without --yes', async () => {
    const { said, exitCode } = await creditpool(['plan', 'push']);
    expect(exitCode).toBe(2);
    expect(said).toEqual(['Nobody is here to ask: say --yes, or --dry-run to look.']);
    expect(await query(database, 'select from credit_units')).toEqual([]);
  });

  test('a live account wants --live beside --yes', async () => {
    const { said, exitCode } = await creditpool(['plan', 'push', '--yes'], { STRIPE_SECRET_KEY: 'sk_live_1' });
    expect(exitCode).toBe(2);
    expect(said).toEqual(['This is a live Stripe account: say --live --yes.']);
    expect(await query(database, 'select from credit_units')).toEqual([]);
  });

  test('a busy Stripe is exit code 8, and nothing is recorded', async () => {
    simulator.faults.add({ match: { method: 'POST', path: '/v1/products', times: 1 }, kind: '429' });
    const { said, exitCode } = await creditpool(['plan', 'push', '--yes']);
    expect(exitCode).toBe(8);
    expect(said).toEqual([expect.stringMatching(/^Stripe cannot be reached or is busy: .+ Try again\.$/)]);
    expect(await query(database, 'select from credit_units')).toEqual([]);
  });

  test('pushes once, and the second time finds nothing to do', async () => {
    const first = await creditpool(['plan', 'push', '--yes', '--json']);
    expect(first.exitCode).toBe(0);
    expect(first.out).toHaveLength(1);
    expect(JSON.parse(first.out.join())).toMatchObject({ object: 'catalogue_push', pushed: true });
    const second = await creditpool(['plan', 'push', '--yes']);
    expect(second).toEqual({ out: ['0 to do, 19 unchanged'], said: ['Nothing to push.'], exitCode: 0 });
    expect((await creditpool(['plan', 'diff', '--exit-code'])).exitCode).toBe(0);
    const yaml = fileURLToPath(new URL('../fixtures/credits.config.yaml', import.meta.url));
    expect((await creditpool(['plan', 'diff', yaml, '--exit-code', '--json'])).exitCode).toBe(0);
  });

  test('what would rewrite history is a finding', async () => {
    const changed = { ...sampleCatalogue, unit: { ...sampleCatalogue.unit, meterUnit: 'micro' } };
    const path = await written('changed.json', JSON.stringify(changed));
    const { said, exitCode } = await creditpool(['plan', 'push', path, '--yes']);
    expect(exitCode).toBe(3);
    expect(said).toContain(
      `${path}: unit.meterUnit: The meter counts in milli since the first push, and running periods were counted so. Write meterUnit: 'milli'.`,
    );
  });

  test('drift that no push can mend is exit code 3', async () => {
    const stripe = connectStripe({ ...simulator, protocol: 'http' });
    const [product] = (await stripe.products.list({ limit: 1 })).data;
    await stripe.products.update(product?.id ?? '', { metadata: { creditpool_key: '' } });
    const { out, said, exitCode } = await creditpool(['plan', 'push', '--yes']);
    expect(exitCode).toBe(3);
    expect(out[0]).toMatch(/^! drift {4}product creditpool\/.+: is gone at Stripe, or lost its metadata$/);
    expect(said).toEqual([expect.stringMatching(/^Stripe's objects differ in a way no push can mend: product /)]);
  });
});

test('help shows two examples first', async () => {
  let help = '';
  const program = new Command('creditpool').exitOverride().configureOutput({ writeOut: (text) => (help += text) });
  registerPlanCommands(program, { config: readConfig({}) } as CliContext);
  await expect(program.parseAsync(['plan', 'push', '--help'], { from: 'user' })).rejects.toThrow('outputHelp');
  expect(help).toMatch(/^Examples:\n {2}creditpool plan push --dry-run\n {2}creditpool plan push --yes\n/);
});
