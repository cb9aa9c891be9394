import { z } from 'zod';

import type { Verdict } from '../domain/health-pack/verdict.ts';
import { month } from './journal-exports.ts';
import { LIST_LIMIT, STARTING_AFTER_MONTH } from './lists.ts';
import { planName } from './simulations.ts';

export const healthPackBody = z.strictObject({ month, plan: planName.optional() });
export const healthPacksQuery = z.strictObject({ limit: LIST_LIMIT, ...STARTING_AFTER_MONTH });

export interface PackFacts {
  readonly month: string;
  readonly verdict: Verdict['word'];
  readonly reasons: readonly string[];
  readonly candidate: string | null;
  readonly hash: string;
  readonly issuedBy: string;
  readonly issuedAt: Date;
  readonly files: readonly { readonly name: string; readonly mediaType: string; readonly sha256: string }[];
}

export function shownPack(pack: PackFacts) {
  return {
    object: 'health_pack',
    month: pack.month,
    verdict: pack.verdict,
    reasons: pack.reasons,
    candidate: pack.candidate,
    hash: pack.hash,
    issued_by: pack.issuedBy,
    issued_at: pack.issuedAt,
    files: pack.files.map(({ name, mediaType, sha256 }) => ({ name, media_type: mediaType, sha256 })),
  };
}
