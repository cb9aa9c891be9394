import { COLLECTION_NAMES, INDEXED, type CollectionName, type Collections } from './collections.ts';
import type { Change } from './journal.ts';

export interface Stored {
  readonly id: string;
}
type Index = Map<unknown, Set<string>>;
interface Shelf {
  readonly objects: Map<string, Stored>;
  readonly indices: Map<string, Index>;
}

/** Objects by collection and id, and by the fields that are looked up by. */
export interface Memory {
  readonly get: (kind: CollectionName, id: string) => Stored | undefined;
  /** Stores an object, or removes it (null). */
  readonly place: (kind: CollectionName, id: string, object: Stored | null) => void;
  readonly all: <K extends CollectionName>(kind: K) => Collections[K][];
  readonly by: <K extends CollectionName>(
    kind: K,
    field: (typeof INDEXED)[K][number] & string,
    value: string | null,
  ) => Collections[K][];
  readonly count: (kind: CollectionName) => number;
  /** Everything, as changes that would bring it about. */
  readonly present: () => Iterable<Change>;
}

function createShelf(kind: CollectionName): Shelf {
  const indices = new Map(INDEXED[kind].map((field): [string, Index] => [field, new Map<unknown, Set<string>>()]));
  return { objects: new Map(), indices };
}

function fieldOf(object: Stored, field: string): unknown {
  return (object as unknown as Readonly<Record<string, unknown>>)[field];
}

function placeOn(shelf: Shelf, id: string, object: Stored | null): void {
  const before = shelf.objects.get(id);
  for (const [field, index] of shelf.indices) {
    const was = before === undefined ? undefined : fieldOf(before, field);
    const is = object === null ? undefined : fieldOf(object, field);
    if (before !== undefined && (object === null || was !== is)) index.get(was)?.delete(id);
    if (object === null || (before !== undefined && was === is)) continue;
    const ids = index.get(is);
    if (ids === undefined) index.set(is, new Set([id]));
    else ids.add(id);
  }
  if (object === null) shelf.objects.delete(id);
  else shelf.objects.set(id, object);
}

/** An empty memory of every collection. */
export function createMemory(): Memory {
  const shelves = new Map(COLLECTION_NAMES.map((kind): [CollectionName, Shelf] => [kind, createShelf(kind)]));
  const shelfOf = (kind: CollectionName): Shelf => {
    const shelf = shelves.get(kind);
    if (shelf === undefined) throw new Error(`no collection ${kind}`);
    return shelf;
  };
  return {
    get: (kind, id) => shelfOf(kind).objects.get(id),
    place: (kind, id, object) => {
      placeOn(shelfOf(kind), id, object);
    },
    all: (kind) => Array.from(shelfOf(kind).objects.values()) as Collections[typeof kind][],
    by: (kind, field, value) => {
      const { indices, objects } = shelfOf(kind);
      const ids = indices.get(field)?.get(value) ?? [];
      return Array.from(ids, (id) => objects.get(id)) as Collections[typeof kind][];
    },
    count: (kind) => shelfOf(kind).objects.size,
    *present() {
      for (const [kind, { objects }] of shelves) {
        for (const [id, object] of objects) yield [kind, id, object];
      }
    },
  };
}
