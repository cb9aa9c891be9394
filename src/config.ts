import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

import type { z } from 'zod';

import type { SignInSettings } from './admin/sign-in/settings.ts';
import type { Role } from './domain/operator.ts';
import { rolePairs, VARIABLES } from './variables.ts';

/** What the environment says, checked and frozen. Everything has a default: no variable must be set to start. */
export type Config = {
  readonly port: number;
  readonly host: string;
  /** Where users reach this service; without a slash at the end. */
  readonly publicUrl: string;
  /** Absent: the embedded PostgreSQL in `directory`. */
  readonly databaseUrl: string | undefined;
  readonly databasePoolSize: number;
  readonly stripe: {
    /** Absent: the built-in simulator. */
    readonly secretKey: string | undefined;
    readonly mode: 'sandbox' | 'test' | 'live';
    readonly webhookSecrets: readonly string[];
    /** Of all replicas together; absent: what suits the mode. */
    readonly callsPerSecond: number | undefined;
    readonly meterCallsPerSecond: number | undefined;
    /** Another origin than Stripe's own, for a proxy or a simulator elsewhere. */
    readonly origin: { readonly host: string; readonly port: number; readonly protocol: 'http' | 'https' } | undefined;
  };
  readonly simulatorPort: number;
  /** Where the embedded database and the local secrets live. */
  readonly directory: string;
  readonly cataloguePath: string;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly apiKeyPepper: string | undefined;
  readonly meterWindowMinutes: number;
  readonly meterEvents: 'v1' | 'stream';
  readonly cutOffMinutes: number;
  readonly nightlyCron: string;
  readonly mail: {
    /** Absent: a sandbox keeps its mail in `directory`, others send none. */
    readonly smtpUrl: string | undefined;
    readonly from: string;
  };
  /** Origins whose pages may frame the widget's page. */
  readonly widgetOrigins: readonly string[];
  /** Where Prometheus asks, on the same host; absent: nowhere. */
  readonly metricsPort: number | undefined;
  /** Do jobs run in this process? */
  readonly jobs: boolean;
  /** Who vouches for people in the console. */
  readonly signIn: SignInSettings;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** The names of all variables, in the order of `.env.example`. */
export const VARIABLE_NAMES = Object.keys(VARIABLES);

const SECRETS = new Set([
  'STRIPE_SECRET_KEY',
  'STRIPE_WEBHOOK_SECRETS',
  'API_KEY_PEPPER',
  'DATABASE_URL',
  'SMTP_URL',
  'OIDC_CLIENT_SECRET',
  'CONSOLE_PROXY_SECRET',
]);

/**
 * Reads the environment, and beneath it the file `.env` of the working directory. An empty value counts as unset.
 * Throws one line for every wrong variable: its name, its value (secrets masked) and what to set instead.
 */
export function readConfig(environment: Environment = { ...environmentFile(), ...process.env }): Config {
  const problems: string[] = [];
  const read = <Name extends keyof typeof VARIABLES>(name: Name): z.infer<(typeof VARIABLES)[Name]['schema']> => {
    const { schema, fix } = VARIABLES[name];
    const value = environment[name]?.trim() || undefined;
    const result = schema.safeParse(value);
    if (!result.success) problems.push(`${name}=${shown(name, value ?? '')} is not usable: ${fix}`);
    return result.data as z.infer<(typeof VARIABLES)[Name]['schema']>;
  };
  const config = assemble(read);
  if (config.meterEvents === 'stream' && config.stripe.mode === 'test' && config.stripe.origin === undefined)
    problems.push('STRIPE_METER_EVENTS=stream is not usable: Stripe has the stream in live mode only; set v1');
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return Object.freeze({ ...config, stripe: Object.freeze(config.stripe) });
}

type Read = <Name extends keyof typeof VARIABLES>(name: Name) => z.infer<(typeof VARIABLES)[Name]['schema']>;

function assemble(read: Read): Config {
  const [host, listenPort] = [read('HOST'), read('PORT')];
  const [stripeHost, stripePort, protocol] = [read('STRIPE_HOST'), read('STRIPE_PORT'), read('STRIPE_PROTOCOL')];
  const secretKey = read('STRIPE_SECRET_KEY');
  const secrets = read('STRIPE_WEBHOOK_SECRETS')?.split(',') ?? [];
  return {
    port: listenPort,
    host,
    publicUrl: (read('PUBLIC_URL') ?? `http://${host}:${listenPort}`).replace(/\/+$/, ''),
    databaseUrl: read('DATABASE_URL'),
    databasePoolSize: read('DATABASE_POOL_SIZE'),
    stripe: {
      secretKey,
      mode: stripeMode(secretKey),
      webhookSecrets: Object.freeze(secrets.map((secret) => secret.trim())),
      callsPerSecond: read('STRIPE_CALLS_PER_SECOND'),
      meterCallsPerSecond: read('STRIPE_METER_CALLS_PER_SECOND'),
      origin: stripeHost === undefined ? undefined : Object.freeze({ host: stripeHost, port: stripePort, protocol }),
    },
    simulatorPort: read('SIMULATOR_PORT'),
    directory: read('CREDITPOOL_DIR'),
    cataloguePath: read('CREDITPOOL_CATALOGUE'),
    logLevel: read('LOG_LEVEL'),
    apiKeyPepper: read('API_KEY_PEPPER'),
    meterWindowMinutes: read('METER_WINDOW_MINUTES'),
    meterEvents: read('STRIPE_METER_EVENTS'),
    cutOffMinutes: read('CUT_OFF_MINUTES'),
    nightlyCron: read('NIGHTLY_CRON'),
    mail: Object.freeze({ smtpUrl: read('SMTP_URL'), from: read('MAIL_FROM') }),
    widgetOrigins: Object.freeze(
      (read('WIDGET_ORIGINS') ?? '')
        .split(',')
        .map((origin) => origin.trim())
        .filter((origin) => origin !== ''),
    ),
    metricsPort: read('METRICS_PORT'),
    jobs: read('JOBS') === 'on',
    signIn: signInOf(read, stripeMode(secretKey)),
  };
}

/** By a provider or a proxy where one is set up; a sandbox prints links; anybody else waits at the door. */
function signInOf(read: Read, mode: Config['stripe']['mode']): SignInSettings {
  const [issuer, clientId, clientSecret] = [read('OIDC_ISSUER'), read('OIDC_CLIENT_ID'), read('OIDC_CLIENT_SECRET')];
  const rolesOfGroup = new Map(rolePairs(read('CONSOLE_ROLES') ?? '') as readonly (readonly [string, Role])[]);
  const groups = { groupsClaim: read('OIDC_GROUPS_CLAIM'), groupsHeader: read('CONSOLE_PROXY_GROUPS_HEADER') };
  const [secret, header] = [read('CONSOLE_PROXY_SECRET'), read('CONSOLE_PROXY_HEADER')];
  if (issuer !== undefined && clientId !== undefined && clientSecret !== undefined) {
    return { by: 'provider', issuer, clientId, clientSecret, groupsClaim: groups.groupsClaim, rolesOfGroup };
  }
  if (secret !== undefined) return { by: 'proxy', secret, header, groupsHeader: groups.groupsHeader, rolesOfGroup };
  return { by: mode === 'sandbox' ? 'link' : 'nobody' };
}

function stripeMode(secretKey: string | undefined): Config['stripe']['mode'] {
  if (secretKey === undefined) return 'sandbox';
  return secretKey.includes('_live_') ? 'live' : 'test';
}

/** Enough of a secret to recognise which one it is. */
function shown(name: string, value: string): string {
  if (!SECRETS.has(name)) return value;
  return value.length > 12 ? `${value.slice(0, 4)}…` : '…';
}

function environmentFile(): Environment {
  return existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};
}
