import { randomBytes } from 'node:crypto';

import { SCOPES } from '../domain/scope.ts';
import { authenticateCaller } from '../operations/authenticate-caller.ts';
import { createApiKey } from '../operations/create-api-key.ts';
import type { Deps } from '../operations/deps.ts';
import { readLocalSecrets, writeLocalSecrets } from './local-secrets.ts';

/** The key of this machine's sandbox, in the directory's `env` file; made again when the database does not know it. */
export async function ensureLocalKey(deps: Deps, directory: string, pepper: string): Promise<string> {
  const known = readLocalSecrets(directory).values['CREDITPOOL_API_KEY'];
  if (known !== undefined && (await authenticateCaller(deps, { text: known, pepper, livemode: false })) !== null) {
    return known;
  }
  const { text } = await createApiKey(deps, {
    name: 'local sandbox',
    scopes: SCOPES,
    livemode: false,
    pepper,
    randomness: randomBytes(41),
    at: new Date(),
    expiresAt: null,
  });
  writeLocalSecrets(directory, { CREDITPOOL_API_KEY: text });
  return text;
}
