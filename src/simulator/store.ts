import { COLLECTION_NAMES, INDEXED, type CollectionName, type Collections } from './collections.ts';
import { openJournal, readJournal, type Change, type Journal } from './journal.ts';

/** The simulator's memory. Objects are never changed in place, so that an event may keep what it saw. */
export interface Store {
  readonly find: <K extends CollectionName>(kind: K, id: string) => Collections[K] | undefined;
  readonly put: <K extends CollectionName>(kind: K, object: Collections[K]) => Collections[K];
  /** Replaces some fields of an object that exists. */
  readonly patch: <K extends CollectionName>(kind: K, id: string, changes: Partial<Collections[K]>) => Collections[K];
  readonly remove: (kind: CollectionName, id: string) => void;
  /** Oldest first. */
  readonly all: <K extends CollectionName>(kind: K) => Collections[K][];
  /** By an indexed field, oldest first. */
  readonly by: <K extends CollectionName>(
    kind: K,
    field: (typeof INDEXED)[K][number] & string,
    value: string | null,
  ) => Collections[K][];
  readonly count: (kind: CollectionName) => number;
  /** Runs `work` whole or not at all and writes its changes to the journal before returning. */
  readonly transact: <T>(work: () => T, keepsDespite?: (error: unknown) => boolean) => T;
  /** Called after every commit. */
  readonly onCommit: (listener: (changes: readonly Change[]) => void) => void;
  readonly close: () => void;
}

interface Stored {
  readonly id: string;
}
type Index = Map<unknown, Set<string>>;
interface Shelf {
  readonly objects: Map<string, Stored>;
  readonly indices: Map<string, Index>;
}

function createShelf(kind: CollectionName): Shelf {
  const indices = new Map(INDEXED[kind].map((field): [string, Index] => [field, new Map<unknown, Set<string>>()]));
  return { objects: new Map(), indices };
}

function fieldOf(object: Stored, field: string): unknown {
  return (object as unknown as Readonly<Record<string, unknown>>)[field];
}

function place(shelf: Shelf, id: string, object: Stored | null): void {
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

function isCollection(name: string): name is CollectionName {
  return Object.hasOwn(INDEXED, name);
}

/** Opens the memory, with what the journal file holds when there is one. */
export function openStore(file?: string): Store {
  const shelves = new Map(COLLECTION_NAMES.map((kind): [CollectionName, Shelf] => [kind, createShelf(kind)]));
  const shelfOf = (kind: CollectionName): Shelf => {
    const shelf = shelves.get(kind);
    if (shelf === undefined) throw new Error(`no collection ${kind}`);
    return shelf;
  };
  const listeners: ((changes: readonly Change[]) => void)[] = [];
  let undo: { kind: CollectionName; id: string; before: Stored | null }[] | undefined;
  let journal: Journal | undefined;

  if (file !== undefined) {
    for (const [kind, id, object] of readJournal(file).flat()) {
      if (isCollection(kind)) place(shelfOf(kind), id, object as Stored | null);
    }
    journal = openJournal(file, present(shelves));
  }

  const change = (kind: CollectionName, id: string, object: Stored | null): void => {
    if (undo === undefined) throw new Error(`${kind} ${id} changed outside a transaction`);
    const shelf = shelfOf(kind);
    undo.push({ kind, id, before: shelf.objects.get(id) ?? null });
    place(shelf, id, object);
  };
  const commit = (): void => {
    const touched = new Map((undo ?? []).map(({ kind, id }) => [`${kind} ${id}`, { kind, id }]));
    undo = undefined;
    if (touched.size === 0) return;
    const changes = Array.from(touched.values(), ({ kind, id }): Change => [
      kind,
      id,
      shelfOf(kind).objects.get(id) ?? null,
    ]);
    journal?.append(changes);
    for (const listener of listeners) listener(changes);
  };
  const rollBack = (): void => {
    for (const { kind, id, before } of (undo ?? []).toReversed()) place(shelfOf(kind), id, before);
    undo = undefined;
  };

  return {
    find: (kind, id) => shelfOf(kind).objects.get(id) as Collections[typeof kind] | undefined,
    put: (kind, object) => {
      change(kind, object.id, object);
      return object;
    },
    patch: (kind, id, changes) => {
      const before = shelfOf(kind).objects.get(id);
      if (before === undefined) throw new Error(`${kind} has no ${id}`);
      const after = { ...before, ...changes } as Collections[typeof kind];
      change(kind, id, after);
      return after;
    },
    remove: (kind, id) => {
      if (shelfOf(kind).objects.has(id)) change(kind, id, null);
    },
    all: (kind) => Array.from(shelfOf(kind).objects.values()) as Collections[typeof kind][],
    by: (kind, field, value) => {
      const { indices, objects } = shelfOf(kind);
      const ids = indices.get(field)?.get(value) ?? [];
      return Array.from(ids, (id) => objects.get(id)) as Collections[typeof kind][];
    },
    count: (kind) => shelfOf(kind).objects.size,
    transact: (work, keepsDespite = () => false) => {
      if (undo !== undefined) return work();
      undo = [];
      try {
        const result = work();
        commit();
        return result;
      } catch (error) {
        if (keepsDespite(error)) commit();
        else rollBack();
        throw error;
      }
    },
    onCommit: (listener) => {
      listeners.push(listener);
    },
    close: () => journal?.close(),
  };
}

function* present(shelves: ReadonlyMap<CollectionName, Shelf>): Generator<Change> {
  for (const [kind, { objects }] of shelves) {
    for (const [id, object] of objects) yield [kind, id, object];
  }
}
