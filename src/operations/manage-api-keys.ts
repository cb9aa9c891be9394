import { type ApiKey, listApiKeys as readKeys, revokeApiKey as revoke } from '../storage/api-keys.ts';
import type { Deps } from './deps.ts';

/** All keys, the oldest first; of a secret nothing but its last four characters is known. */
export async function listApiKeys(deps: Pick<Deps, 'db'>): Promise<readonly ApiKey[]> {
  return readKeys(deps.db);
}

/** Ends a key; every replica refuses it within seconds. False when there is no such key, or it was ended before. */
export async function revokeApiKey(deps: Pick<Deps, 'db'>, apiKeyId: string): Promise<boolean> {
  return revoke(deps.db, apiKeyId);
}
