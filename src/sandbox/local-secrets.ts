import { randomBytes } from 'node:crypto';
// Secrets of a machine that nobody configured: made at the first start, kept in the directory, readable by its owner only.
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

import type { Config } from '../config.ts';

export interface LocalSecrets {
  readonly path: string;
  readonly values: Readonly<Record<string, string | undefined>>;
}

export function readLocalSecrets(directory: string): LocalSecrets {
  const path = join(directory, 'env');
  return { path, values: existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {} };
}

/** Adds or replaces values; written whole and then renamed, with mode 0600. */
export function writeLocalSecrets(directory: string, changes: Readonly<Record<string, string>>): LocalSecrets {
  mkdirSync(directory, { recursive: true });
  const { path, values } = readLocalSecrets(directory);
  const merged = { ...values, ...changes };
  // Quoted, since a shell reads the file, too.
  const lines = Object.entries(merged).map(
    ([name, value = '']) => `${name}=${/[^\w:/.-]/.test(value) ? `'${value}'` : value}`,
  );
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${lines.join('\n')}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, path);
  return { path, values: merged };
}

/** The pepper of this machine's API keys, made when it is missing. */
function localPepper(directory: string): string {
  const known = readLocalSecrets(directory).values['API_KEY_PEPPER'];
  if (known !== undefined && known.length >= 16) return known;
  const pepper = randomBytes(32).toString('base64url');
  writeLocalSecrets(directory, { API_KEY_PEPPER: pepper });
  return pepper;
}

/** What keys the HMAC of API keys: set for production, this machine's own otherwise. */
export function pepperOf(config: Config): string {
  if (config.apiKeyPepper !== undefined) return config.apiKeyPepper;
  if (config.stripe.mode !== 'live') return localPepper(config.directory);
  throw new Error(
    'API_KEY_PEPPER is not set; in live mode set at least 16 random characters, the same on every replica',
  );
}
