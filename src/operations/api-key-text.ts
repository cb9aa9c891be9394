// cp_test_<12 characters of id><43 of secret><8 of checksum>: the mode is visible at sight, a slip of the pen is found
// without a look-up, and only the secret's HMAC under the deployment's pepper is ever stored.
import { createHmac } from 'node:crypto';
import { crc32 } from 'node:zlib';

export interface ApiKeyParts {
  readonly livemode: boolean;
  readonly apiKeyId: string;
  readonly secret: string;
}

const SHAPE = /^cp_(test|live)_([a-z0-9]{12})([\w-]{43})([0-9a-f]{8})$/;

export function formatApiKey({ livemode, apiKeyId, secret }: ApiKeyParts): string {
  const body = `cp_${livemode ? 'live' : 'test'}_${apiKeyId}${secret}`;
  return body + checksum(body);
}

/** The parts of a key; null when it was never one of ours. */
export function parseApiKey(text: string): ApiKeyParts | null {
  const match = SHAPE.exec(text);
  if (match === null) return null;
  const [, mode, apiKeyId = '', secret = '', sum] = match;
  if (checksum(text.slice(0, -8)) !== sum) return null;
  return { livemode: mode === 'live', apiKeyId, secret };
}

export function hashSecret(secret: string, pepper: string): Buffer {
  return createHmac('sha256', pepper).update(secret).digest();
}

function checksum(body: string): string {
  return crc32(body).toString(16).padStart(8, '0');
}
