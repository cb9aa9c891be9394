import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';

export type { Logger } from 'pino';

export type LogSettings = {
  readonly level: string;
  /** `stderr` wherever standard output carries data, as in most commands. */
  readonly to: 'stdout' | 'stderr' | DestinationStream;
};

/** Fields that are never logged, wherever a request, a response or an error is. */
const HIDDEN_FIELDS = [
  'authorization',
  'cookie',
  '["set-cookie"]',
  '["stripe-signature"]',
  '["x-api-key"]',
  'password',
  'secret',
  'token',
  'apiKey',
  'secretKey',
  'webhookSecrets',
  'apiKeyPepper',
  'connectionString',
  'databaseUrl',
];

const PATHS = HIDDEN_FIELDS.flatMap((field) =>
  ['', '*', '*.*', '*.*.*'].map((place) =>
    field.startsWith('[') || place === '' ? place + field : `${place}.${field}`,
  ),
);

/** Stripe's keys and signing secrets, our API keys, and the password in a database address. */
const SECRET_VALUES =
  /\b(sk_|rk_|whsec_|cp_test_|cp_live_)[\w+/=-]{4,}|(postgres(?:ql)?:\/\/[^:/@\s"]+:)[^@\s"]+(?=@)/g;

/** Hides every secret in a text by its pattern, keeping the prefix that says what it was. */
function withoutSecrets(text: string): string {
  return text.replaceAll(
    SECRET_VALUES,
    (_, key: string | undefined, address: string | undefined) => `${key ?? address}[hidden]`,
  );
}

/** The one logger of a process: JSON lines, secrets hidden by field and, wherever they turn up, by pattern. */
export function createLog({ level, to }: LogSettings): Logger {
  const stream = typeof to === 'string' ? pino.destination({ fd: to === 'stdout' ? 1 : 2, sync: true }) : to;
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: PATHS, censor: '[hidden]' },
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: withoutSecrets },
    },
    stream,
  );
}
