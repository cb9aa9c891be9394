// The year itself: moment by moment the clock is moved and what falls into it is done; month by month the books are closed.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { addUp, type Year, type YearResult } from './add-up.ts';
import { signUp } from './at-stripe.ts';
import { closeMonth } from './close.ts';
import { perform, tellUsage } from './deeds.ts';
import { type Firm, openFirm } from './firm.ts';
import type { Known, Outcome } from './known.ts';
import { type Act, boundary, livesOf } from './lives.ts';
import { openLog, type Progress, type YearLog } from './log.ts';

export interface YearOptions {
  readonly seed: number;
  readonly customers: number;
  readonly months: number;
  readonly directory: string;
  readonly resume: boolean;
  readonly say: (line: string) => void;
  /** Asked between two moments. */
  readonly stopped: () => boolean;
  /** Instead of an embedded database. */
  readonly databaseUrl?: string;
  /** What somebody does when the year is over, and adds up again. */
  readonly afterwards?: (firm: Firm, addUp: () => Promise<YearResult>) => Promise<void>;
}

const CLOSE_AFTER_MS = (2 * 24 + 12) * 3_600_000;

type Moment = { readonly at: number } & ({ readonly acts: readonly Act[] } | { readonly closes: string });

/** Deeds by moment, and each month's close at noon of the third. */
export function momentsOf(acts: readonly Act[], months: number): readonly Moment[] {
  const moments: Moment[] = [...Map.groupBy(acts, ({ at }) => at)].map(([at, done]) => ({ at, acts: done }));
  for (let month = 0; month < months; month += 1) {
    const closes = new Date(Date.UTC(2025, month, 1)).toISOString().slice(0, 7);
    moments.push({ at: Date.UTC(2025, month + 1, 1) + CLOSE_AFTER_MS, closes });
  }
  return moments.toSorted((a, b) => a.at - b.at);
}

/** Lives the year; null when it was stopped on the way. */
export async function liveYear(options: YearOptions): Promise<YearResult | null> {
  const { seed, customers, months, directory, resume, say } = options;
  mkdirSync(directory, { recursive: true });
  const log = openLog(directory);
  const before = resume ? log.readProgress() : null;
  refuseOther(before, options);
  const acts = livesOf(seed, { customers, months });
  const moments = momentsOf(acts, months);
  const startsAt = before === null ? new Date(Date.UTC(2025, 0, 1) - 60_000) : null;
  const firm = await openFirm(options, { startsAt });
  try {
    const known = new Map(
      Object.entries((before?.known ?? {}) as Record<string, Known>).map(([n, who]) => [Number(n), who]),
    );
    const anchors = new Map(
      acts.filter(({ deed }) => deed.what === 'sign_up').map(({ customer, at }) => [customer, at]),
    );
    const year: Year = { log, known, customers, say, monthsClosed: before?.monthsClosed ?? 0, unexplained: 0 };
    const again = async (): Promise<YearResult> => addUp(firm, year);
    const save = (begun: number, done: number): void =>
      log.saveProgress({
        seed,
        customers,
        months,
        begun,
        done,
        monthsClosed: year.monthsClosed,
        known: Object.fromEntries(known),
      });
    const first = before?.done ?? 0;
    const told = progressOf({ moments, first, acts: acts.length, say });
    for (const [index, moment] of moments.entries()) {
      if (index < first) continue;
      if (options.stopped()) return null;
      save(index + 1, index);
      await firm.clock.advance(new Date(moment.at));
      if (!('closes' in moment)) await doAll(firm, moment.acts, { log, known, anchors });
      else if (!(await close(firm, moment.closes, year))) {
        // What was done for the close stays, and the next run closes again.
        save(index, index);
        break;
      }
      await firm.clock.settle();
      save(index + 1, index + 1);
      told(index, log.entries.length);
    }
    const result = await again();
    await options.afterwards?.(firm, again);
    return result;
  } finally {
    await firm.stop();
  }
}

function refuseOther(before: Progress | null, { directory, seed, customers, months, resume }: YearOptions): void {
  if (before === null) {
    if (resume) throw new Error(`nothing was begun in ${directory}; leave --resume out`);
    if (existsSync(join(directory, 'progress.json')))
      throw new Error(`${directory} has a year already; go on with --resume, or name another directory`);
    return;
  }
  if (before.seed !== seed || before.customers !== customers || before.months !== months)
    throw new Error(
      `${directory} lives --seed ${before.seed} --customers ${before.customers} --months ${before.months}; resume that`,
    );
  if (before.begun !== before.done)
    throw new Error(`the run was killed in the middle of a moment; remove ${directory} and start afresh`);
}

async function close(firm: Firm, month: string, year: Year): Promise<boolean> {
  const { closed, unexplained, repaired, explained } = await closeMonth(firm, month, year.log);
  year.unexplained += unexplained.length;
  if (closed) year.monthsClosed += 1;
  for (const line of unexplained) year.say(`  ${month} ${line}`);
  year.say(`${month} ${closed ? 'closed' : 'NOT CLOSED'}: ${repaired} repaired, ${explained} explained`);
  return closed;
}

/** Says now and then how far it is: moments and deeds, how fast, and how long it will take. */
function progressOf({
  moments,
  first,
  acts,
  say,
}: {
  readonly moments: readonly Moment[];
  readonly first: number;
  readonly acts: number;
  readonly say: (line: string) => void;
}): (index: number, deeds: number) => void {
  const started = performance.now();
  return (index, deeds) => {
    const rate = ((index + 1 - first) * 1_000) / (performance.now() - started);
    const day = new Date(moments[index]?.at ?? 0).toISOString().slice(0, 10);
    const left = Math.ceil((moments.length - index - 1) / rate);
    const place = `${index + 1}/${moments.length} moments, ${deeds}/${acts} deeds`;
    if (index % 20 === 0) say(`${day}  ${place}, ${rate.toFixed(1)} moments/s, ${left} s left`);
  };
}

async function doAll(
  firm: Firm,
  acts: readonly Act[],
  { log, known, anchors }: { log: YearLog; known: Map<number, Known>; anchors: ReadonlyMap<number, number> },
): Promise<void> {
  const write = ({ at, customer, deed }: Act, outcome: Outcome): void => log.write({ at, customer, deed, ...outcome });
  for (const one of acts) {
    if (one.deed.what !== 'sign_up') continue;
    known.set(one.customer, await signUp(firm, one.customer, one.deed));
    write(one, { outcome: 'done' });
  }
  await firm.clock.settle();
  const told = acts.flatMap((one) => {
    const who = known.get(one.customer);
    if (who === undefined || (one.deed.what !== 'use' && one.deed.what !== 'report')) return [];
    return [{ known: who, act: one, cycleEnd: cycleEndBefore(anchors.get(one.customer) ?? 0, one.at) }];
  });
  const outcomes = await tellUsage(firm, told);
  for (const [index, { act: one }] of told.entries()) write(one, outcomes[index] ?? { outcome: 'nothing' });
  const rest = acts.filter(({ deed }) => !['sign_up', 'use', 'report'].includes(deed.what));
  // Each customer's in their order, with what comes of one before the next; customers do not wait for one another.
  const queues = [...Map.groupBy(rest, ({ customer }) => customer).values()].map((queue) => [...queue]);
  while (queues.some((queue) => queue.length > 0)) {
    await firm.clock.settle();
    for (const queue of queues) {
      const one = queue.shift();
      const who = one === undefined ? undefined : known.get(one.customer);
      if (one === undefined || who === undefined) continue;
      write(one, await perform(firm, who, one, cycleEndBefore(anchors.get(one.customer) ?? 0, one.at)));
    }
  }
}

/** The end of the cycle before the one that an instant lies in. */
function cycleEndBefore(anchor: number, at: number): number {
  let cycle = 0;
  while (boundary(anchor, cycle + 1) <= at) cycle += 1;
  return boundary(anchor, cycle);
}
