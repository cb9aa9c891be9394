// Books that a server keeps between batches. The version on the pool's row is read under its lock and says whether a kept
// book is still what a read would find; whoever else writes a pool, or what its book is read from, counts the version up
// (migration 0020).
import { type PoolBook } from '../domain/pool-book.ts';
import { noChanges } from '../domain/pool-changes.ts';
import { dueForCutOff } from './pool-book-members.ts';

/** Lots in all kept books together; a book without any counts as one. */
const LOTS_MAX = 20_000;

export interface KeptBooks {
  /** Hands a book over for good, if it is of this version and nothing else must be read at this instant. */
  readonly take: (customerId: string, version: bigint, now: Date) => PoolBook | undefined;
  /** Keeps a book whose changes are committed, with the version that its pool has now. */
  readonly keep: (book: PoolBook, version: bigint) => void;
}

export function keepBooks(lotsMax = LOTS_MAX): KeptBooks {
  const kept = new Map<string, { readonly book: PoolBook; readonly version: bigint }>();
  let lots = 0;
  const drop = (customerId: string): void => {
    const dropped = kept.get(customerId);
    if (dropped === undefined) return;
    kept.delete(customerId);
    lots -= weightOf(dropped.book);
  };
  return {
    take: (customerId, version, now) => {
      const found = kept.get(customerId);
      // A question may see an instant from before the last commit; the book that is kept is then too new for it alone.
      if (found === undefined || found.version > version) return undefined;
      drop(customerId);
      if (found.version < version) return undefined;
      return dueForCutOff(found.book.periods, now).length === 0 ? found.book : undefined;
    },
    keep: (book, version) => {
      const { customerId } = book.customer;
      const known = kept.get(customerId);
      if (!isWhole(book) || (known !== undefined && known.version > version)) return;
      drop(customerId);
      const settled = asRead(book);
      kept.set(customerId, { book: settled, version });
      lots += weightOf(settled);
      for (const oldest of kept.keys()) {
        if (lots <= lotsMax) break;
        drop(oldest);
      }
    },
  };
}

function weightOf({ lots }: PoolBook): number {
  return Math.max(1, lots.size);
}

/** Members, caps and waiting usage are read by what requests speak of, so a book with any of them is never whole. */
function isWhole({ hasMembers, members, shortfall, caps, terms }: PoolBook): boolean {
  const capped = terms?.policy.caps.member != null || terms?.policy.caps.agent != null;
  return (
    !hasMembers &&
    members.size === 0 &&
    shortfall.unfundedSum === 0n &&
    !capped &&
    caps.overrides.size === 0 &&
    caps.counters.size === 0
  );
}

/** The book as a read after its commit would find it: holds are read when they are spoken of or overdue, spent lots never. */
function asRead(book: PoolBook): PoolBook {
  const isOpen = ({ granted, drawn, ended }: { granted: bigint; drawn: bigint; ended: bigint }): boolean =>
    granted > drawn + ended;
  const open = [...book.lots].filter(([, lot]) => isOpen(lot));
  return {
    ...book,
    // Another map only when lots are gone: what is derived from lots is remembered by their map.
    lots: open.length === book.lots.size ? book.lots : new Map(open),
    holds: new Map(),
    changes: noChanges(),
    shortfall: { ...book.shortfall, changes: { recorded: [], funded: [] } },
  };
}
