// Issuing a month's pack: once, with the files that people read, for ever.
import { createHash } from 'node:crypto';

import type { HealthPack } from '../../domain/health-pack/pack.ts';
import { endOf, type Month } from '../../domain/health-pack/section.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { candidateName } from '../../domain/simulation/assumptions.ts';
import { now as clock } from '../../storage/clock.ts';
import { transaction } from '../../storage/database.ts';
import { readDeployment } from '../../storage/deployment.ts';
import {
  announcePack,
  insertPack,
  type IssuedPack,
  listPacks,
  readPack,
  readPackFile,
  type PackFile,
} from '../../storage/health-pack/packs.ts';
import { currentMigrationTarget } from '../../storage/plan-migrations.ts';
import type { Deps } from '../deps.ts';
import type { Candidate } from '../simulation/candidate.ts';
import { assembleHealthPack } from './assemble-pack.ts';

export type { IssuedPack } from '../../storage/health-pack/packs.ts';

/** What a pack becomes: its reasons in words, and its files. */
export interface RenderedPack {
  readonly reasons: readonly string[];
  readonly files: readonly { readonly name: string; readonly mediaType: string; readonly content: string }[];
}

export type RenderPack = (pack: HealthPack, mode: string) => Promise<RenderedPack>;

export interface IssuePack {
  readonly month: Month;
  /** Null: the plan that the present migration leads to, if there is one. */
  readonly candidate: Candidate | null;
  readonly by: string;
  readonly render: RenderPack;
}

/**
 * Issues the month's pack and tells who is to know; a month that has one gets the same one again, and is refused another
 * model to set the bills beside.
 */
export async function issueHealthPack(deps: Deps, asked: IssuePack): Promise<IssuedPack | Refused> {
  const { month, by } = asked;
  const earlier = await readPack(deps.db, month);
  if (earlier !== null) return sameAgain(earlier, asked);
  const at = await clock(deps.db);
  if (at < endOf(month)) {
    return refuse(
      'pack_too_early',
      `${month} is not over before ${endOf(month).toISOString()}. Look at a preview until then.`,
      { param: 'month' },
    );
  }
  const made = await previewHealthPack(deps, asked);
  if ('rejected' in made) return made;
  const files = made.rendered.files.map((file): PackFile => ({ ...file, sha256: sha256(file.content) }));
  const hash = sha256(files.map(({ name, sha256: of }) => `${of}  ${name}\n`).join(''));
  const { verdict, candidate } = made;
  await transaction(deps.db, async (trx) => {
    const packId = deps.newId();
    const { reasons } = made.rendered;
    const isNew = await insertPack(
      trx,
      { packId, month, verdict, reasons, candidate, hash, issuedBy: by, issuedAt: await clock(trx) },
      files,
    );
    if (isNew) await announcePack(trx, packId);
  });
  const kept = await readPack(deps.db, month);
  if (kept === null) throw new Error(`the pack of ${month} was not kept`);
  return kept;
}

function sameAgain(issued: IssuedPack, { candidate: asked }: IssuePack): IssuedPack | Refused {
  const name = asked === null ? issued.candidate : candidateName(asked);
  if (name === issued.candidate) return issued;
  const { month, issuedAt, candidate } = issued;
  const beside = candidate === null ? 'no other model' : candidate;
  return refuse(
    'pack_issued',
    `The pack of ${month} was issued on ${issuedAt.toISOString()} beside ${beside}, and a pack is issued once. Look at a preview beside ${name}.`,
    { param: 'plan' },
  );
}

/** The same, without keeping it: also of a month that is not over. */
export async function previewHealthPack(
  deps: Deps,
  { month, candidate: named, render }: Omit<IssuePack, 'by'>,
): Promise<
  | { readonly rendered: RenderedPack; readonly verdict: IssuedPack['verdict']; readonly candidate: string | null }
  | Refused
> {
  const candidate = named ?? (await currentMigrationTarget(deps.db));
  const pack = await assembleHealthPack(deps, { month, candidate });
  if ('rejected' in pack) return pack;
  return {
    rendered: await render(pack, await modeOf(deps)),
    verdict: pack.verdict.word,
    candidate: candidate === null ? null : candidateName(candidate),
  };
}

export async function listHealthPacks(
  { db }: Deps,
  { limit, after = null }: { readonly limit: number; readonly after?: Month | null },
): Promise<readonly IssuedPack[]> {
  return listPacks(db, limit, after);
}

export async function readHealthPack({ db }: Deps, month: Month): Promise<IssuedPack | Refused> {
  return (
    (await readPack(db, month)) ??
    refuse('unknown_pack_of_month', `No pack of ${month} was issued.`, { param: 'month' })
  );
}

/** One of its files as it was issued. */
export async function readHealthPackFile(deps: Deps, month: Month, name: string): Promise<PackFile | Refused> {
  const pack = await readHealthPack(deps, month);
  if ('rejected' in pack) return pack;
  const file = await readPackFile(deps.db, pack.packId, name);
  if (file === null) {
    const names = pack.files.map((known) => known.name).join(', ');
    return refuse('unknown_pack_of_month', `The pack of ${month} has no file ${name}; it has ${names}.`, {
      param: 'name',
    });
  }
  if (sha256(file.content) !== file.sha256)
    throw new Error(`file ${name} of the pack of ${month} is not what was issued`);
  return file;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function modeOf({ db }: Deps): Promise<string> {
  const deployment = await readDeployment(db);
  if (deployment?.livemode === true) return '';
  return deployment?.sandbox === true ? 'SANDBOX' : 'STRIPE TEST MODE';
}
