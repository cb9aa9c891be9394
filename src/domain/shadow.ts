// Shadow AI: use of models, keys, features or members that nobody here has registered. Only what is watched can be found:
// a kind of which at least one is registered.
import { standsFor } from './model-prices.ts';
import { refuse, type Refused } from './rejection.ts';

export const SHADOW_KINDS = ['model', 'key', 'feature', 'member'] as const;
export type ShadowKind = (typeof SHADOW_KINDS)[number];

export interface RegisteredUse {
  readonly kind: ShadowKind;
  /** With `*` at the end: every name that begins so. */
  readonly name: string;
  readonly state: 'registered' | 'blocked';
  /** Who answers for it. */
  readonly owner: string;
  readonly reason: string;
  readonly changedBy: string;
  readonly changedAt: Date;
}

/** What a use names; null where it names none. */
export type Named = Readonly<Record<ShadowKind, string | null>>;

/** What the registry says of a name: its own entry, else that of the longest beginning; null: nobody knows it. */
export function entryFor(registry: readonly RegisteredUse[], kind: ShadowKind, name: string): RegisteredUse | null {
  let found: RegisteredUse | null = null;
  for (const entry of registry) {
    if (entry.kind !== kind || !standsFor(entry.name, name)) continue;
    if (found === null || reach(entry) > reach(found)) found = entry;
  }
  return found;
}

/** A name of its own is above every beginning. */
function reach({ name }: RegisteredUse): number {
  return name.endsWith('*') ? name.length : Number.MAX_SAFE_INTEGER;
}

/** Whether names of a kind that nobody registered are to be found. */
export function isWatched(registry: readonly RegisteredUse[], kind: ShadowKind): boolean {
  return registry.some((entry) => entry.kind === kind && entry.state === 'registered');
}

/** Why new work may not start with it; null where nothing that it names is blocked. What ran is stored all the same. */
export function refusedAsBlocked(registry: readonly RegisteredUse[], named: Named): Refused | null {
  for (const kind of SHADOW_KINDS) {
    const name = named[kind];
    const entry = name === null ? null : entryFor(registry, kind, name);
    if (entry?.state !== 'blocked') continue;
    return refuse(
      'use_blocked',
      `The ${kind} ${name} is blocked: ${entry.reason}. Ask ${entry.owner}, or use one that is registered.`,
      { param: kind, details: { kind, name, owner: entry.owner, lifted_by: entry.owner, limit: 'blocked' } },
    );
  }
  return null;
}
