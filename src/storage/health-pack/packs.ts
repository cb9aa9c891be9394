// Issued packs with their files; neither changes.
import type { Month } from '../../domain/health-pack/section.ts';
import type { Verdict } from '../../domain/health-pack/verdict.ts';
import type { Database, Transaction } from '../database.ts';
import { execute, query } from '../query.ts';

export interface IssuedPack {
  readonly packId: string;
  readonly month: Month;
  readonly verdict: Verdict['word'];
  readonly reasons: readonly string[];
  readonly candidate: string | null;
  readonly hash: string;
  readonly issuedBy: string;
  readonly issuedAt: Date;
  readonly files: readonly { readonly name: string; readonly mediaType: string; readonly sha256: string }[];
}

export interface PackFile {
  readonly name: string;
  readonly mediaType: string;
  readonly content: string;
  readonly sha256: string;
}

const PACK = `select p.pack_id as "packId", to_char(p.month, 'YYYY-MM') as month, p.verdict, p.reasons, p.candidate, p.hash,
    p.issued_by as "issuedBy", p.issued_at as "issuedAt",
    (select coalesce(json_agg(json_build_object('name', f.name, 'mediaType', f.media_type, 'sha256', f.sha256) order by f.name), '[]')
     from health_pack_files f where f.pack_id = p.pack_id) as files
  from health_packs p`;

export async function readPack(on: Database | Transaction, month: Month): Promise<IssuedPack | null> {
  const [row] = await query<IssuedPack>(on, `${PACK} where p.month = $1`, [`${month}-01`]);
  return row ?? null;
}

/** The newest first. */
export async function listPacks(
  on: Database | Transaction,
  limit: number,
  after: Month | null = null,
): Promise<readonly IssuedPack[]> {
  return query<IssuedPack>(on, `${PACK} where $2::date is null or p.month < $2::date order by p.month desc limit $1`, [
    limit,
    after === null ? null : `${after}-01`,
  ]);
}

export async function readPackFile(on: Database | Transaction, packId: string, name: string): Promise<PackFile | null> {
  const [row] = await query<PackFile>(
    on,
    `select name, media_type as "mediaType", content, sha256 from health_pack_files where pack_id = $1 and name = $2`,
    [packId, name],
  );
  return row ?? null;
}

/** Keeps a pack with its files, unless the month has one; says whether it did. */
export async function insertPack(
  trx: Transaction,
  pack: Omit<IssuedPack, 'files'>,
  files: readonly PackFile[],
): Promise<boolean> {
  const kept = await execute(
    trx,
    `insert into health_packs (pack_id, month, verdict, reasons, candidate, hash, issued_by, issued_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (month) do nothing`,
    [
      pack.packId,
      `${pack.month}-01`,
      pack.verdict,
      [...pack.reasons],
      pack.candidate,
      pack.hash,
      pack.issuedBy,
      pack.issuedAt,
    ],
  );
  if (kept === 0) return false;
  for (const { name, mediaType, content, sha256 } of files) {
    await execute(
      trx,
      `insert into health_pack_files (pack_id, name, media_type, content, sha256) values ($1, $2, $3, $4, $5)`,
      [pack.packId, name, mediaType, content, sha256],
    );
  }
  return true;
}

export interface PackDelivery {
  readonly deliveryId: string;
  readonly packId: string;
  readonly month: Month;
  readonly verdict: Verdict['word'];
  readonly reasons: readonly string[];
  readonly issuedAt: Date;
  readonly channel: 'webhook' | 'mail' | 'log';
  readonly recipient: string | null;
  /** This try included. */
  readonly attempts: number;
  readonly url: string | null;
  readonly secret: Buffer | null;
}

/** A row for everybody who is told: owners and finance by mail, every active endpoint, and the log. */
export async function announcePack(trx: Transaction, packId: string): Promise<void> {
  await execute(
    trx,
    `insert into health_pack_deliveries (delivery_id, pack_id, channel, recipient, next_at)
     select gen_random_uuid(), $1, channel, recipient, clock_timestamp() from (
       select 'mail' as channel, email as recipient from operators
       where disabled_at is null and email is not null and roles && array['owner', 'finance']
       union select 'webhook', endpoint_id::text from webhook_endpoints where state = 'active'
       union all select 'log', null) told`,
    [packId],
  );
}

/** Deliveries whose time has come, taken for a minute so that no other process sends them too. */
export async function leasePackDeliveries(db: Database, limit: number): Promise<readonly PackDelivery[]> {
  return query<PackDelivery>(
    db,
    `with due as (
       select delivery_id from health_pack_deliveries where state = 'pending' and next_at <= clock_timestamp()
       order by next_at limit $1 for update skip locked),
     taken as (
       update health_pack_deliveries d set attempts = attempts + 1, next_at = clock_timestamp() + interval '1 minute'
       from due where d.delivery_id = due.delivery_id
       returning d.delivery_id, d.pack_id, d.channel, d.recipient, d.attempts)
     select t.delivery_id as "deliveryId", t.pack_id as "packId", t.channel, t.recipient, t.attempts,
       to_char(p.month, 'YYYY-MM') as month, p.verdict, p.reasons, p.issued_at as "issuedAt", e.url, e.secret
     from taken t join health_packs p using (pack_id)
       left join webhook_endpoints e on t.channel = 'webhook' and e.endpoint_id::text = t.recipient and e.state = 'active'`,
    [limit],
  );
}

/** What came of a try; without seconds it is the last one. */
export async function finishPackDelivery(
  db: Database,
  deliveryId: string,
  to: {
    readonly state: 'sent' | 'skipped' | 'parked' | 'pending';
    readonly outcome: string | null;
    readonly afterSeconds: number;
  },
): Promise<void> {
  await execute(
    db,
    `update health_pack_deliveries set state = $2, outcome = $3, next_at = clock_timestamp() + make_interval(secs => $4),
       finished_at = case when $2 = 'pending' then null else clock_timestamp() end
     where delivery_id = $1`,
    [deliveryId, to.state, to.outcome, to.afterSeconds],
  );
}
