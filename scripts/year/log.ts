// The script's own log of what was done, a line each: what the year is worked out from again, and what a resumed run knows.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Outcome } from './known.ts';
import type { Deed } from './lives.ts';

/** What finance does at a month's end that changes what a customer is charged. */
export type LaterDeed = { readonly what: 'note_for_refund'; readonly minor: number } | { readonly what: 'gift_ended' };

export interface LogEntry extends Outcome {
  readonly at: number;
  readonly customer: number;
  readonly deed: Deed | LaterDeed;
}

/** How far a run has come; `begun` beyond `done` means that it was killed in the middle of a moment. */
export interface Progress {
  readonly seed: number;
  readonly customers: number;
  readonly months: number;
  readonly begun: number;
  readonly done: number;
  readonly monthsClosed: number;
  /** What is known of customers, by number. */
  readonly known: Readonly<Record<string, object>>;
}

export interface YearLog {
  readonly entries: readonly LogEntry[];
  readonly write: (entry: LogEntry) => void;
  readonly readProgress: () => Progress | null;
  readonly saveProgress: (progress: Progress) => void;
}

export function openLog(directory: string): YearLog {
  const [path, progressPath] = [join(directory, 'log.jsonl'), join(directory, 'progress.json')];
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
  const entries = lines.map((line) => JSON.parse(line) as LogEntry);
  return {
    entries,
    write: (entry) => {
      entries.push(entry);
      appendFileSync(path, `${JSON.stringify(entry)}\n`);
    },
    readProgress: () =>
      existsSync(progressPath) ? (JSON.parse(readFileSync(progressPath, 'utf8')) as Progress) : null,
    saveProgress: (progress) => writeFileSync(progressPath, JSON.stringify(progress)),
  };
}
