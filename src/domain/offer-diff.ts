import { canonicalJson } from './canonical-json.ts';
import type { CatalogueChange } from './catalogue-diff.ts';
import type { StoredRate } from './catalogue-history.ts';
// What a push would do to this database's own history: the unit, the burn table, plan and pack versions.
import type { Catalogue } from './catalogue.ts';

export interface OfferVersion {
  /** The plan's or pack's own key. */
  readonly key: string;
  readonly version: number;
  readonly fingerprint: string;
}

export interface Offer {
  readonly key: string;
  readonly fingerprint: string;
}

/** An offer's place in history: its first version, a further one, the one that is offered already, or an earlier one. */
export function offerChanges(
  object: 'plan' | 'pack',
  offers: readonly Offer[],
  history: { readonly versions: readonly OfferVersion[]; readonly offered: readonly Offer[] },
): readonly CatalogueChange[] {
  const changes = offers.map(({ key, fingerprint }): CatalogueChange => {
    const item = { object, key } as const;
    const versions = history.versions.filter((version) => version.key === key);
    const same = versions.find((version) => version.fingerprint === fingerprint);
    if (same === undefined) {
      const newest = Math.max(0, ...versions.map(({ version }) => version));
      if (newest === 0) return { ...item, kind: 'create', detail: 'version 1' };
      return { ...item, kind: 'version', detail: `version ${newest + 1}; what was sold before keeps its version` };
    }
    const offered = history.offered.some((offer) => offer.key === key && offer.fingerprint === fingerprint);
    if (offered) return { ...item, kind: 'unchanged', detail: `version ${same.version}` };
    return { ...item, kind: 'version', detail: `back to version ${same.version}` };
  });
  const withdrawn = history.offered.filter((before) => !offers.some(({ key }) => key === before.key));
  return [
    ...changes,
    ...withdrawn.map(({ key }): CatalogueChange => {
      return { object, key, kind: 'withdraw', detail: 'no longer offered; what was sold keeps its version' };
    }),
  ];
}

/** Each row of the burn table: known, or to be added. That it contradicts none was linted before. */
export function rateChanges(rows: Catalogue['burnTable'], stored: readonly StoredRate[]): readonly CatalogueChange[] {
  return rows.map(({ action, effectiveFrom }) => {
    const from = new Date(effectiveFrom).getTime();
    const known = stored.some((row) => row.action === action && row.effectiveFrom.getTime() === from);
    return { object: 'rate', key: action, kind: known ? 'unchanged' : 'create', detail: `from ${effectiveFrom}` };
  });
}

/** The unit's own row, and the words for what is paid in it; its meter is an object of its own. */
export function unitChange(
  { unit, words = {} }: Catalogue,
  stored: { readonly displayName: string | null; readonly words: Readonly<Record<string, string>> },
): CatalogueChange {
  const item = { object: 'unit', key: unit.name } as const;
  const { displayName: storedDisplayName } = stored;
  if (storedDisplayName === null) return { ...item, kind: 'create', detail: unit.displayName };
  if (storedDisplayName === unit.displayName) {
    return canonicalJson(words) === canonicalJson(stored.words)
      ? { ...item, kind: 'unchanged', detail: unit.displayName }
      : { ...item, kind: 'version', detail: 'other words for customers' };
  }
  return { ...item, kind: 'version', detail: `shown as ${unit.displayName}, no longer as ${storedDisplayName}` };
}
