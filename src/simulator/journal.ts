import { closeSync, existsSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';

/** One stored or removed (null) object. */
export type Change = readonly [collection: string, id: string, object: object | null];

/** The file behind the store: one line per committed change set. */
export interface Journal {
  readonly append: (changes: readonly Change[]) => void;
  readonly close: () => void;
}

/** Reads what earlier runs committed; a last line cut short by a crash was never answered and is dropped. */
export function readJournal(file: string): Change[][] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  lines.pop();
  return lines.map((line) => JSON.parse(line) as Change[]);
}

/** Writes the present state as a new file, moves it into place and goes on appending to it. */
export function openJournal(file: string, present: Iterable<Change>): Journal {
  const fresh = `${file}.new`;
  const descriptor = openSync(fresh, 'w');
  for (const change of present) writeSync(descriptor, `${JSON.stringify([change])}\n`);
  renameSync(fresh, file);
  return {
    append: (changes) => {
      writeSync(descriptor, `${JSON.stringify(changes)}\n`);
    },
    close: () => {
      closeSync(descriptor);
    },
  };
}
