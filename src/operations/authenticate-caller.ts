import { timingSafeEqual } from 'node:crypto';

import type { Scope } from '../domain/scope.ts';
import { findApiKey } from '../storage/api-keys.ts';
import { hashSecret, parseApiKey } from './api-key-text.ts';
import type { Deps } from './deps.ts';

export interface AuthenticatedCaller {
  readonly apiKeyId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** The person for whom the key acts; null: for itself. */
  readonly operatorSubject: string | null;
}

const NOBODY = Buffer.alloc(32);

/**
 * Who holds this key; null for a wrong, unknown, ended or expired one, and for one of the other mode. An unknown id
 * costs the same work as a wrong secret.
 */
export async function authenticateCaller(
  deps: Deps,
  { text, pepper, livemode }: { readonly text: string; readonly pepper: string; readonly livemode: boolean },
): Promise<AuthenticatedCaller | null> {
  const parts = parseApiKey(text);
  if (parts === null) return null;
  const found = await findApiKey(deps.db, parts.apiKeyId);
  const matches = timingSafeEqual(hashSecret(parts.secret, pepper), found?.key.secretHash ?? NOBODY);
  if (found === null || !matches || !found.usable || found.key.livemode !== livemode) return null;
  if (parts.livemode !== livemode) return null;
  const { apiKeyId, name, scopes, operatorSubject } = found.key;
  return { apiKeyId, name, scopes, operatorSubject };
}
