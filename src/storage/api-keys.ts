// API keys: who may call. Of a secret only its HMAC is kept.
import type { Scope } from '../domain/scope.ts';
import type { Database } from './database.ts';
import { execute, query } from './query.ts';

export interface ApiKey {
  readonly apiKeyId: string;
  readonly name: string;
  readonly secretHash: Buffer;
  readonly lastFour: string;
  readonly livemode: boolean;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  /** The person for whom it acts; null: for itself. */
  readonly operatorSubject: string | null;
}

export async function insertApiKey(db: Database, key: ApiKey): Promise<void> {
  await execute(
    db,
    `insert into api_keys (api_key_id, name, secret_hash, last_four, livemode, scopes, created_at, expires_at,
       operator_subject)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      key.apiKeyId,
      key.name,
      key.secretHash,
      key.lastFour,
      key.livemode,
      key.scopes,
      key.createdAt,
      key.expiresAt,
      key.operatorSubject,
    ],
  );
}

/** The key, and whether it may be used now by the database's wall time (keys live in real time, also in a sandbox). */
export async function findApiKey(
  db: Database,
  apiKeyId: string,
): Promise<{ readonly key: ApiKey; readonly usable: boolean } | null> {
  const [row] = await query<ApiKeyRow & { usable: boolean }>(
    db,
    `select ${KEY_COLUMNS}, revoked_at is null and (expires_at is null or expires_at > clock_timestamp()) as usable
     from api_keys where api_key_id = $1`,
    [apiKeyId],
  );
  return row === undefined ? null : { key: toApiKey(row), usable: row.usable };
}

export async function listApiKeys(db: Database): Promise<readonly ApiKey[]> {
  return (await query<ApiKeyRow>(db, `select ${KEY_COLUMNS} from api_keys order by created_at, api_key_id`)).map(
    toApiKey,
  );
}

/** Ends a key for good; false when there is no such key or it was ended before. */
export async function revokeApiKey(db: Database, apiKeyId: string): Promise<boolean> {
  const rows = await execute(
    db,
    `update api_keys set revoked_at = clock_timestamp() where api_key_id = $1 and revoked_at is null`,
    [apiKeyId],
  );
  return rows === 1;
}

const KEY_COLUMNS = `api_key_id, name, secret_hash, last_four, livemode, scopes, created_at, expires_at, revoked_at, operator_subject`;

interface ApiKeyRow {
  api_key_id: string;
  name: string;
  secret_hash: Buffer;
  last_four: string;
  livemode: boolean;
  scopes: Scope[];
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  operator_subject: string | null;
}

function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    apiKeyId: row.api_key_id,
    name: row.name,
    secretHash: row.secret_hash,
    lastFour: row.last_four,
    livemode: row.livemode,
    scopes: row.scopes,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    operatorSubject: row.operator_subject,
  };
}
