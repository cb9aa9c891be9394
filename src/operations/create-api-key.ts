import type { Scope } from '../domain/scope.ts';
import { insertApiKey } from '../storage/api-keys.ts';
import { formatApiKey, hashSecret } from './api-key-text.ts';
import type { Deps } from './deps.ts';

export interface NewApiKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly livemode: boolean;
  readonly pepper: string;
  /** 41 random bytes: 9 for the id, 32 for the secret. */
  readonly randomness: Buffer;
  /** Wall time. */
  readonly at: Date;
  /** Absent: one year. */
  readonly expiresAt?: Date | null;
  /** The person for whom it acts. */
  readonly operatorSubject?: string;
}

const YEAR_MS = 365 * 86_400_000;

/** Makes a key. Its text is in the answer and nowhere else: it cannot be shown again. */
export async function createApiKey(deps: Deps, input: NewApiKey): Promise<{ apiKeyId: string; text: string }> {
  const apiKeyId = [...input.randomness.subarray(0, 9)]
    .map((byte) => byte.toString(36).padStart(2, '0'))
    .join('')
    .slice(0, 12);
  const secret = input.randomness.subarray(9, 41).toString('base64url');
  await insertApiKey(deps.db, {
    apiKeyId,
    name: input.name,
    secretHash: hashSecret(secret, input.pepper),
    lastFour: secret.slice(-4),
    livemode: input.livemode,
    scopes: input.scopes,
    createdAt: input.at,
    expiresAt: input.expiresAt === undefined ? new Date(input.at.getTime() + YEAR_MS) : input.expiresAt,
    revokedAt: null,
    operatorSubject: input.operatorSubject ?? null,
  });
  return { apiKeyId, text: formatApiKey({ livemode: input.livemode, apiKeyId, secret }) };
}
