import { INDEXED, type CollectionName, type Collections } from './collections.ts';
import { openJournal, readJournal, type Change, type Journal } from './journal.ts';
import { createMemory, type Memory, type Stored } from './memory.ts';

/** The simulator's store. Objects are never changed in place, so that an event may keep what it saw. */
export interface Store extends Pick<Memory, 'all' | 'by' | 'count'> {
  readonly find: <K extends CollectionName>(kind: K, id: string) => Collections[K] | undefined;
  readonly put: <K extends CollectionName>(kind: K, object: Collections[K]) => Collections[K];
  /** Replaces some fields of an object that exists. */
  readonly patch: <K extends CollectionName>(kind: K, id: string, changes: Partial<Collections[K]>) => Collections[K];
  readonly remove: (kind: CollectionName, id: string) => void;
  /** Runs `work` whole or not at all and writes its changes to the journal before returning. */
  readonly transact: <T>(work: () => T, keepsDespite?: (error: unknown) => boolean) => T;
  /** Runs `work` inside a transaction to see what would be, and takes back all that it changed. */
  readonly rehearse: <T>(work: () => T) => T;
  /** What the present transaction changed so far: each as it is now, or as it was if it is gone. */
  readonly touched: () => readonly (readonly [kind: CollectionName, object: object])[];
  /** Called after every commit. */
  readonly onCommit: (listener: (changes: readonly Change[]) => void) => void;
  readonly close: () => void;
}

interface Undo {
  readonly kind: CollectionName;
  readonly id: string;
  readonly before: Stored | null;
}

function isCollection(name: string): name is CollectionName {
  return Object.hasOwn(INDEXED, name);
}

/** Fills the memory from the file of an earlier run and opens it for what follows. */
function resume(memory: Memory, file: string): Journal {
  for (const [kind, id, object] of readJournal(file).flat()) {
    if (isCollection(kind)) memory.place(kind, id, object as Stored | null);
  }
  return openJournal(file, memory.present());
}

/** What a transaction changed, each object once, as it stands now. */
function changesOf(memory: Memory, undo: readonly Undo[]): Change[] {
  const touched = new Map(undo.map(({ kind, id }) => [`${kind} ${id}`, { kind, id }]));
  return Array.from(touched.values(), ({ kind, id }): Change => [kind, id, memory.get(kind, id) ?? null]);
}

interface Changes {
  readonly areOpen: () => boolean;
  readonly begin: () => void;
  readonly place: (kind: CollectionName, id: string, object: Stored | null) => void;
  /** What changed so far. */
  readonly present: () => readonly Undo[];
  /** Takes back all but the first `count` changes. */
  readonly takeBack: (count: number) => void;
  readonly end: () => readonly Undo[];
}

/** What a transaction changes, so that it can be told or taken back. */
function openChanges(memory: Memory): Changes {
  let undo: Undo[] | undefined;
  return {
    areOpen: () => undo !== undefined,
    begin: () => {
      undo = [];
    },
    place: (kind, id, object) => {
      if (undo === undefined) throw new Error(`${kind} ${id} changed outside a transaction`);
      undo.push({ kind, id, before: memory.get(kind, id) ?? null });
      memory.place(kind, id, object);
    },
    present: () => undo ?? [],
    takeBack: (count) => {
      for (const { kind, id, before } of (undo?.splice(count) ?? []).toReversed()) memory.place(kind, id, before);
    },
    end: () => {
      const all = undo ?? [];
      undo = undefined;
      return all;
    },
  };
}

/** The object as it is now, or as it was if it is gone; one that came and went is none. */
function touchedBy(memory: Memory, { kind, id, before }: Undo): [CollectionName, object][] {
  const object = memory.get(kind, id) ?? before;
  return object === null ? [] : [[kind, object]];
}

/** Opens the store, with what the journal file holds when there is one. */
export function openStore(file?: string): Store {
  const memory = createMemory();
  const journal = file === undefined ? undefined : resume(memory, file);
  const listeners: ((changes: readonly Change[]) => void)[] = [];
  const log = openChanges(memory);
  const { place } = log;
  const commit = (): void => {
    const told = changesOf(memory, log.end());
    if (told.length === 0) return;
    journal?.append(told);
    for (const listener of listeners) listener(told);
  };

  return {
    all: memory.all,
    by: memory.by,
    count: memory.count,
    find: (kind, id) => memory.get(kind, id) as Collections[typeof kind] | undefined,
    put: (kind, object) => {
      place(kind, object.id, object);
      return object;
    },
    patch: (kind, id, changes) => {
      const before = memory.get(kind, id);
      if (before === undefined) throw new Error(`${kind} has no ${id}`);
      const after = { ...before, ...changes } as Collections[typeof kind];
      place(kind, id, after);
      return after;
    },
    remove: (kind, id) => {
      if (memory.get(kind, id) !== undefined) place(kind, id, null);
    },
    transact: (work, keepsDespite = () => false) => {
      if (log.areOpen()) return work();
      log.begin();
      try {
        const result = work();
        commit();
        return result;
      } catch (error) {
        if (keepsDespite(error)) commit();
        else {
          log.takeBack(0);
          log.end();
        }
        throw error;
      }
    },
    rehearse: (work) => {
      const begun = log.present().length;
      try {
        return work();
      } finally {
        log.takeBack(begun);
      }
    },
    touched: () => log.present().flatMap((one) => touchedBy(memory, one)),
    onCommit: (listener) => {
      listeners.push(listener);
    },
    close: () => journal?.close(),
  };
}
