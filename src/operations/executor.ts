// The hot path: requests that arrive while a transaction is under way are gathered and decided together in the next
// one, so that one commit serves hundreds of them and a hot pool never queues a commit per request.
import { catchUp } from '../domain/catch-up.ts';
import type { PoolBook } from '../domain/pool-book.ts';
import { isUnchanged } from '../domain/pool-changes.ts';
import { refuse } from '../domain/rejection.ts';
import { beginBatch } from '../storage/batch-settings.ts';
import { isConnectionFailure, isTimeout } from '../storage/database-errors.ts';
import { transaction, type Transaction } from '../storage/database.ts';
import { keepBooks, type KeptBooks } from '../storage/kept-books.ts';
import { ratesFor, type BurnRateRow } from '../storage/plans.ts';
import { saveBookChanges } from '../storage/pool-book-changes.ts';
import { loadPoolBooks } from '../storage/pool-books.ts';
import { needsOf } from './batch-needs.ts';
import { decidePoolRequest } from './decide-pool-request.ts';
import type { Deps } from './deps.ts';
import { readEarlier } from './earlier.ts';
import type { PoolAnswer, PoolRequest } from './pool-request.ts';
import { readNeededShadows } from './unenforced-actions.ts';
import { concludeBatch, watch } from './watch-pools.ts';

export interface Executor {
  /** Answers in the order of the requests, after the commit that holds their effects. Throws what failed for good. */
  readonly submit: (requests: readonly PoolRequest[]) => Promise<readonly PoolAnswer[]>;
  /** Waits for what was submitted. */
  readonly close: () => Promise<void>;
}

export interface ExecutorOptions {
  /** Transactions in flight at once; lanes are divided among them. */
  readonly groups?: number;
  /** Most requests in one transaction. */
  readonly batchSizeMax?: number;
  /** Where books are kept between batches; default: a shelf of its own. */
  readonly kept?: KeptBooks;
}

/** Requests that came together and are answered together, however many transactions they are decided in. */
interface Call {
  readonly answers: PoolAnswer[];
  missing: number;
  readonly resolve: (answers: readonly PoolAnswer[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Job {
  readonly request: PoolRequest;
  readonly call: Call;
  /** The request's place in its call. */
  readonly place: number;
}

/** Starts the executor; it has no resource of its own besides promises. */
export function startExecutor(
  deps: Deps,
  { groups = 2, batchSizeMax = 4_000, kept = keepBooks() }: ExecutorOptions = {},
): Executor {
  // The last queue is for questions: they change nothing, so they neither wait for a commit nor make one wait.
  const queues = Array.from({ length: groups + 1 }, (): Job[] => []);
  const running = new Map<number, Promise<void>>();

  async function drain(group: number): Promise<void> {
    const queue = queues[group] ?? [];
    while (queue.length > 0) {
      await requestsToArrive(queue, batchSizeMax);
      await runBatch({ ...deps, kept }, queue.splice(0, batchSizeMax));
    }
    running.delete(group);
  }

  function enqueue(job: Job): void {
    const group = job.request.kind === 'check' ? groups : job.request.customer.lane % groups;
    queues[group]?.push(job);
    if (!running.has(group)) running.set(group, drain(group));
  }

  return {
    submit: async (requests) => {
      if (requests.length === 0) return [];
      const { promise, resolve, reject } = Promise.withResolvers<readonly PoolAnswer[]>();
      const call: Call = {
        answers: Array.from({ length: requests.length }),
        missing: requests.length,
        resolve,
        reject,
      };
      for (const [place, request] of requests.entries()) enqueue({ request, call, place });
      return promise;
    },
    close: async () => {
      await Promise.all(running.values());
    },
  };
}

/** Lets the server read its sockets until nothing more comes in at once, or a batch is full. */
async function requestsToArrive(queue: readonly Job[], batchSizeMax: number): Promise<void> {
  for (let before = 0; before < queue.length && queue.length < batchSizeMax;) {
    before = queue.length;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

type BatchDeps = Deps & { readonly kept: KeptBooks };

interface Decided {
  readonly answers: readonly PoolAnswer[];
  /** Those that may be kept once this is committed, with their pools' versions then. */
  readonly books: readonly (readonly [PoolBook, bigint])[];
}

/** Questions see one instant of the database and lock nothing. */
const QUESTIONS = { isolationLevel: 'repeatable read', readOnly: true } as const;

/**
 * A batch that fails is halved until the one poisoned request fails alone. Where no smaller batch could do better (the
 * database is away, or keeps one pool locked), all of it fails at once.
 */
async function runBatch(deps: BatchDeps, jobs: readonly Job[]): Promise<void> {
  const requests = jobs.map(({ request }) => request);
  let decided: Decided;
  try {
    const readOnly = requests.every(({ kind }) => kind === 'check');
    const decide = (trx: Transaction) => decideBatch(deps, trx, requests, readOnly);
    decided = await transaction(deps.db, decide, readOnly ? QUESTIONS : {});
  } catch (error) {
    const [first, second] = halves(jobs);
    const customers = new Set(requests.map(({ customer }) => customer.customerId)).size;
    if (second.length === 0 || isConnectionFailure(error) || (customers === 1 && isTimeout(error))) {
      for (const job of jobs) fail(deps, job, error);
      return;
    }
    await runBatch(deps, first);
    await runBatch(deps, second);
    return;
  }
  for (const [book, version] of decided.books) deps.kept.keep(book, version);
  for (const [index, job] of jobs.entries()) {
    const answer = decided.answers[index];
    if (answer === undefined) job.call.reject(new Error(`request ${index} of ${jobs.length} was not answered`));
    else answerJob(job, answer);
  }
}

function answerJob({ call, place }: Job, answer: PoolAnswer): void {
  call.answers[place] = answer;
  call.missing -= 1;
  if (call.missing === 0) call.resolve(call.answers);
}

/** Usage comes in batches of which the others are stored, so its failure is its own answer; a lost database is not its own. */
function fail({ log }: Deps, job: Job, error: unknown): void {
  const { request, call } = job;
  if (request.kind !== 'usage' || isConnectionFailure(error) || isTimeout(error)) {
    call.reject(error);
    return;
  }
  const { customer, source, eventId } = request;
  log.error({ err: error, ...customer, source, eventId }, 'a usage event could not be stored');
  answerJob(job, {
    kind: 'refused',
    ...refuse(
      'usage_event_failed',
      `Event ${eventId} could not be stored; something broke on our side. Send it again under the same id.`,
      { param: 'id' },
    ),
  });
}

/** Between customers as long as there are several, so that one locked pool is soon alone; order stays as it came. */
function halves(jobs: readonly Job[]): readonly [readonly Job[], readonly Job[]] {
  const customers = [...new Set(jobs.map(({ request }) => request.customer.customerId))];
  if (customers.length === 1) {
    const half = Math.ceil(jobs.length / 2);
    return [jobs.slice(0, half), jobs.slice(half)];
  }
  const ofFirst = new Set(customers.slice(0, Math.ceil(customers.length / 2)));
  const isFirst = ({ request }: Job): boolean => ofFirst.has(request.customer.customerId);
  return [jobs.filter((job) => isFirst(job)), jobs.filter((job) => !isFirst(job))];
}

async function decideBatch(
  deps: BatchDeps,
  trx: Transaction,
  requests: readonly PoolRequest[],
  readOnly: boolean,
): Promise<Decided> {
  // Sent together, run in order: what was answered before is looked up once the pools are locked.
  const [, { now, books, versions }, earlier] = await Promise.all([
    beginBatch(trx),
    loadPoolBooks(
      trx,
      requests.map(({ customer }) => customer),
      deps.settings,
      needsOf(requests, { readOnly, kept: deps.kept }),
    ),
    readEarlier(trx, requests),
  ]);
  const rates = await ratesOf(trx, books);
  await readNeededShadows(trx, requests, books, rates);
  const moment = { now, newId: deps.newId };
  for (const book of books.values()) catchUp(book, moment);
  const before = watch(books.values(), now);
  const answers = requests.map((request) => {
    const book = books.get(request.customer.customerId);
    return decidePoolRequest(book, request, book === undefined ? [] : (rates.get(book.unit) ?? []), earlier, moment);
  });
  const versionOf = ({ customer }: PoolBook): bigint => versions.get(customer.customerId) ?? 0n;
  if (readOnly) {
    const untouched = [...books.values()].filter((book) => isUnchanged(book));
    return { answers, books: untouched.map((book) => [book, versionOf(book)]) };
  }
  await concludeBatch(trx, books.values(), before, moment);
  await saveBookChanges(trx, now, [...books.values()]);
  return { answers, books: [...books.values()].map((book) => [book, versionOf(book) + 1n]) };
}

/** The burn table of each book's unit. */
export async function ratesOf(
  trx: Transaction,
  books: ReadonlyMap<string, PoolBook>,
): Promise<ReadonlyMap<string, readonly BurnRateRow[]>> {
  const rates = new Map<string, readonly BurnRateRow[]>();
  for (const { unit } of books.values()) if (!rates.has(unit)) rates.set(unit, await ratesFor(trx, unit));
  return rates;
}
