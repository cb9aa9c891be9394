import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

import { validate } from 'node-cron';
import { z } from 'zod';

import type { SignInSettings } from './admin/sign-in/settings.ts';
import { isRole, type Role, ROLES } from './domain/operator.ts';

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
  readonly cutOffMinutes: number;
  readonly nightlyCron: string;
  readonly mail: {
    /** Absent: a sandbox keeps its mail in `directory`, others send none. */
    readonly smtpUrl: string | undefined;
    readonly from: string;
  };
  /** Do jobs run in this process? */
  readonly jobs: boolean;
  /** Who vouches for people in the console. */
  readonly signIn: SignInSettings;
};

type Environment = Readonly<Record<string, string | undefined>>;

const port = z.coerce.number().int().min(1).max(65_535);
const minutes = (most: number) => z.coerce.number().int().min(1).max(most);
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const HEADER_NAME = /^[a-z0-9-]{1,100}$/;

/** Every variable, with the sentence that repairs a wrong value. `.env.example` has the same list, kept by a test. */
const VARIABLES = {
  PORT: { schema: port.default(4000), fix: 'set a port from 1 to 65535, such as 4000' },
  HOST: { schema: z.string().default('127.0.0.1'), fix: 'set an address to listen on, such as 127.0.0.1' },
  PUBLIC_URL: {
    schema: z.url({ protocol: /^https?$/ }).optional(),
    fix: 'set an address such as https://credits.example.com',
  },
  DATABASE_URL: {
    schema: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
    fix: 'set postgresql://user:password@host:5432/database',
  },
  DATABASE_POOL_SIZE: {
    schema: z.coerce.number().int().min(2).max(500).default(10),
    fix: 'set a number from 2 to 500',
  },
  STRIPE_SECRET_KEY: {
    schema: z
      .string()
      .regex(/^(sk|rk)_(test|live)_\w+$/)
      .optional(),
    fix: 'set a key that starts with sk_test_, rk_test_, sk_live_ or rk_live_',
  },
  STRIPE_WEBHOOK_SECRETS: {
    schema: z
      .string()
      .regex(/^\s*whsec_[^\s,]+(\s*,\s*whsec_[^\s,]+)*\s*$/)
      .optional(),
    fix: 'set secrets that start with whsec_, separated by commas',
  },
  STRIPE_HOST: {
    schema: z
      .string()
      .regex(/^[\w.:-]+$/)
      .optional(),
    fix: 'set a host name without a scheme',
  },
  STRIPE_PORT: { schema: port.default(443), fix: 'set a port from 1 to 65535, such as 443' },
  STRIPE_PROTOCOL: { schema: z.enum(['http', 'https']).default('https'), fix: 'set http or https' },
  SIMULATOR_PORT: { schema: port.default(4242), fix: 'set a port from 1 to 65535, such as 4242' },
  CREDITPOOL_DIR: { schema: z.string().default('.creditpool'), fix: 'set a folder' },
  CREDITPOOL_CATALOGUE: { schema: z.string().default('credits.config.ts'), fix: 'set the path of the catalogue file' },
  LOG_LEVEL: { schema: z.enum(LOG_LEVELS).default('info'), fix: `set one of ${LOG_LEVELS.join(', ')}` },
  API_KEY_PEPPER: { schema: z.string().min(16).optional(), fix: 'set at least 16 random characters' },
  METER_WINDOW_MINUTES: { schema: minutes(1440).default(60), fix: 'set whole minutes from 1 to 1440' },
  CUT_OFF_MINUTES: { schema: minutes(55).default(45), fix: 'set whole minutes from 1 to 55' },
  NIGHTLY_CRON: {
    schema: z
      .string()
      .refine((expression) => validate(expression))
      .default('0 3 * * *'),
    fix: "set a cron expression in UTC, such as '0 3 * * *'",
  },
  SMTP_URL: {
    schema: z.url({ protocol: /^smtps?$/ }).optional(),
    fix: 'set smtps://user:password@mail.example.com:465',
  },
  MAIL_FROM: {
    schema: z
      .string()
      .regex(/^[^\r\n]+@[^\r\n]+$/)
      .default('Creditpool <creditpool@localhost>'),
    fix: 'set an address such as Creditpool <credits@example.com>',
  },
  JOBS: { schema: z.enum(['on', 'off']).default('on'), fix: 'set on or off' },
  OIDC_ISSUER: {
    schema: z
      .url({ protocol: /^https?$/ })
      .refine((url) => url.startsWith('https:') || /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]?/.test(url))
      .optional(),
    fix: 'set an https address such as https://accounts.example.com',
  },
  OIDC_CLIENT_ID: { schema: z.string().optional(), fix: 'set the client id that your provider gave you' },
  OIDC_CLIENT_SECRET: { schema: z.string().optional(), fix: 'set the client secret that your provider gave you' },
  OIDC_GROUPS_CLAIM: { schema: z.string().default('groups'), fix: 'set the name of a claim' },
  CONSOLE_ROLES: {
    schema: z
      .string()
      .refine((text) => rolePairs(text).every(([group, role]) => group !== '' && role !== undefined && isRole(role)))
      .optional(),
    fix: `set group=role pairs with the roles ${ROLES.join(', ')}: billing-support=support, finance=finance`,
  },
  CONSOLE_PROXY_SECRET: { schema: z.string().min(16).optional(), fix: 'set at least 16 random characters' },
  CONSOLE_PROXY_HEADER: {
    schema: z.string().regex(HEADER_NAME).default('x-forwarded-email'),
    fix: 'set a header name such as x-forwarded-email',
  },
  CONSOLE_PROXY_GROUPS_HEADER: {
    schema: z.string().regex(HEADER_NAME).default('x-forwarded-groups'),
    fix: 'set a header name such as x-forwarded-groups',
  },
} as const;

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
      origin: stripeHost === undefined ? undefined : Object.freeze({ host: stripeHost, port: stripePort, protocol }),
    },
    simulatorPort: read('SIMULATOR_PORT'),
    directory: read('CREDITPOOL_DIR'),
    cataloguePath: read('CREDITPOOL_CATALOGUE'),
    logLevel: read('LOG_LEVEL'),
    apiKeyPepper: read('API_KEY_PEPPER'),
    meterWindowMinutes: read('METER_WINDOW_MINUTES'),
    cutOffMinutes: read('CUT_OFF_MINUTES'),
    nightlyCron: read('NIGHTLY_CRON'),
    mail: Object.freeze({ smtpUrl: read('SMTP_URL'), from: read('MAIL_FROM') }),
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

/** "billing-support=support, finance=finance" as pairs. */
function rolePairs(text: string): readonly (readonly string[])[] {
  return text
    .split(',')
    .filter((pair) => pair.trim() !== '')
    .map((pair) => pair.split('=').map((word) => word.trim()));
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
