import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

import { expect, test } from 'vitest';

import { readConfig, VARIABLE_NAMES } from '../src/config.ts';

const example = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');

test('no variable must be set', () => {
  const config = readConfig({});
  expect(config).toMatchObject({ port: 4000, host: '127.0.0.1', publicUrl: 'http://127.0.0.1:4000', jobs: true });
  expect(config.stripe).toEqual({ mode: 'sandbox', webhookSecrets: [] });
  expect(config.databaseUrl).toBeUndefined();
});

test('.env.example has every variable once, in order, with one comment and its default', () => {
  const lines = example.split('\n').filter((line) => line !== '');
  const names = lines.filter((line) => !line.startsWith('#')).map((line) => line.split('=')[0]);
  expect(names).toEqual(VARIABLE_NAMES);
  for (const name of names)
    expect(lines[lines.findIndex((line) => line.startsWith(`${name}=`)) - 1]).toMatch(/^# .{10,}/);
  expect(lines.filter((line) => line.startsWith('#'))).toHaveLength(names.length + 1);
  expect(readConfig(parseEnv(example))).toEqual(readConfig({}));
});

test('the configuration cannot be changed', () => {
  const config = readConfig({});
  expect(() => Object.assign(config, { port: 1 })).toThrow(TypeError);
  expect(() => Object.assign(config.stripe, { mode: 'live' })).toThrow(TypeError);
});

test.for([
  [undefined, 'sandbox'],
  ['sk_test_123abc', 'test'],
  ['rk_live_123abc', 'live'],
] as const)('the key %s means %s', ([key, mode]) => {
  expect(readConfig({ STRIPE_SECRET_KEY: key }).stripe.mode).toBe(mode);
});

test('several signing secrets and another origin for Stripe', () => {
  const { stripe } = readConfig({
    STRIPE_WEBHOOK_SECRETS: 'whsec_one, whsec_two',
    STRIPE_HOST: '127.0.0.1',
    STRIPE_PORT: '4242',
    STRIPE_PROTOCOL: 'http',
  });
  expect(stripe.webhookSecrets).toEqual(['whsec_one', 'whsec_two']);
  expect(stripe.origin).toEqual({ host: '127.0.0.1', port: 4242, protocol: 'http' });
});

test('a public address loses its last slash', () => {
  expect(readConfig({ PUBLIC_URL: 'https://credits.example.com/' }).publicUrl).toBe('https://credits.example.com');
});

test.for([
  ['PORT', '80x', 'PORT=80x is not usable: set a port from 1 to 65535, such as 4000'],
  ['PORT', '70000', 'PORT=70000 is not usable: set a port from 1 to 65535, such as 4000'],
  ['PUBLIC_URL', 'credits', 'PUBLIC_URL=credits is not usable: set an address such as https://credits.example.com'],
  [
    'DATABASE_URL',
    'mysql://me:hunter2@db/x',
    'DATABASE_URL=mysq… is not usable: set postgresql://user:password@host:5432/database',
  ],
  ['DATABASE_POOL_SIZE', '1', 'DATABASE_POOL_SIZE=1 is not usable: set a number from 2 to 500'],
  [
    'STRIPE_SECRET_KEY',
    'pk_test_51abcdefghij',
    'STRIPE_SECRET_KEY=pk_t… is not usable: set a key that starts with sk_test_, rk_test_, sk_live_ or rk_live_',
  ],
  [
    'STRIPE_WEBHOOK_SECRETS',
    'whsec_a,b',
    'STRIPE_WEBHOOK_SECRETS=… is not usable: set secrets that start with whsec_, separated by commas',
  ],
  ['STRIPE_HOST', 'http://x', 'STRIPE_HOST=http://x is not usable: set a host name without a scheme'],
  ['STRIPE_PROTOCOL', 'ftp', 'STRIPE_PROTOCOL=ftp is not usable: set http or https'],
  ['LOG_LEVEL', 'loud', 'LOG_LEVEL=loud is not usable: set one of trace, debug, info, warn, error, fatal, silent'],
  ['API_KEY_PEPPER', 'short', 'API_KEY_PEPPER=… is not usable: set at least 16 random characters'],
  ['METER_WINDOW_MINUTES', '0', 'METER_WINDOW_MINUTES=0 is not usable: set whole minutes from 1 to 1440'],
  ['CUT_OFF_MINUTES', '60', 'CUT_OFF_MINUTES=60 is not usable: set whole minutes from 1 to 55'],
  [
    'NIGHTLY_CRON',
    'at night',
    "NIGHTLY_CRON=at night is not usable: set a cron expression in UTC, such as '0 3 * * *'",
  ],
  ['SMTP_URL', 'http://mail', 'SMTP_URL=… is not usable: set smtps://user:password@mail.example.com:465'],
  ['MAIL_FROM', 'nobody', 'MAIL_FROM=nobody is not usable: set an address such as Creditpool <credits@example.com>'],
  ['JOBS', 'yes', 'JOBS=yes is not usable: set on or off'],
] as const)('a wrong %s (%s) is one line with the fix', ([name, value, message]) => {
  expect(() => readConfig({ [name]: value })).toThrow(new Error(message));
});

test('every wrong variable is named at once', () => {
  expect(() => readConfig({ PORT: 'x', JOBS: 'y' })).toThrow(/^PORT=x .*\nJOBS=y .*$/);
});
