// What may be set from outside, by name: the environment's variables, their rules and defaults.
import { validate } from 'node-cron';
import { z } from 'zod';

import { isRole, ROLES } from './domain/operator.ts';

const port = z.coerce.number().int().min(1).max(65_535);
const minutes = (most: number) => z.coerce.number().int().min(1).max(most);
const perSecond = z.coerce.number().int().min(1).max(100_000);
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const HEADER_NAME = /^[a-z0-9-]{1,100}$/;

/** Every variable, with the sentence that repairs a wrong value. `.env.example` has the same list, kept by a test. */
export const VARIABLES = {
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
  STRIPE_CALLS_PER_SECOND: { schema: perSecond.optional(), fix: 'set whole calls a second, such as 80' },
  STRIPE_METER_CALLS_PER_SECOND: { schema: perSecond.optional(), fix: 'set whole calls a second, such as 800' },
  STRIPE_METER_EVENTS: { schema: z.enum(['v1', 'stream']).default('v1'), fix: 'set v1 or stream' },
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
  METRICS_PORT: { schema: port.optional(), fix: 'set a port from 1 to 65535, such as 9464' },
  WIDGET_ORIGINS: {
    schema: z
      .string()
      .regex(/^\s*https?:\/\/[\w.:-]+(\s*,\s*https?:\/\/[\w.:-]+)*\s*$/)
      .optional(),
    fix: 'set origins separated by commas, such as https://app.example.com',
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

/** "billing-support=support, finance=finance" as pairs. */
export function rolePairs(text: string): readonly (readonly string[])[] {
  return text
    .split(',')
    .filter((pair) => pair.trim() !== '')
    .map((pair) => pair.split('=').map((word) => word.trim()));
}
