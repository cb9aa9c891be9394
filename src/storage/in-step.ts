// Many customers' rules in one transaction. Each rule is written for one customer; whoever asks the same of the database
// at the same time shares one statement over arrays. A walker is one customer's work; all wait until each of them has
// asked, and what was asked goes out together.
import type { Database, Transaction } from './database.ts';

type On = Database | Transaction;

/** Answers many asks at once, in their order. */
type Many<Ask, Answer> = (on: On, asks: readonly Ask[]) => Promise<readonly Answer[]>;

interface Waiting {
  readonly walker: Walker;
  readonly ask: unknown;
  readonly answered: PromiseWithResolvers<unknown>;
}

/** Asks of different walkers that go out as one. */
interface Step {
  readonly many: Many<unknown, unknown>;
  readonly waiting: Waiting[];
}

interface Walker {
  readonly company: Company;
  /** The place of its last ask among the steps that have not gone out yet; -1 while it has none there. */
  last: number;
}

interface Company {
  readonly trx: Transaction;
  steps: Step[];
  walking: number;
  /** Walkers with an ask that has not gone out yet. */
  asking: number;
  isDue: boolean;
}

const walkers = new WeakMap<object, Walker>();

/**
 * Makes of a function that answers many asks one that answers a single one. Outside of `walkTogether` it is asked alone
 * and at once. A walker's asks go out in its own order, and no two of them as one.
 */
export function inStep<Ask extends readonly unknown[], Answer, Where extends On = Transaction>(
  many: (on: Where, asks: readonly Ask[]) => Promise<readonly Answer[]>,
): (on: Where, ...ask: Ask) => Promise<Answer> {
  return async (on, ...ask) => {
    const walker = walkers.get(on);
    if (walker !== undefined) return askAlong(walker, many as Many<unknown, unknown>, ask) as Promise<Answer>;
    const [answer] = await many(on, [ask]);
    return answer as Answer;
  };
}

/**
 * Does the work of each item side by side in one transaction, each with a `trx` of its own to ask with. When one throws,
 * the first error is thrown once all have ended: the transaction is to be rolled back.
 */
export async function walkTogether<Item>(
  trx: Transaction,
  items: readonly Item[],
  work: (trx: Transaction, item: Item) => Promise<void>,
): Promise<void> {
  const company: Company = { trx, steps: [], walking: items.length, asking: 0, isDue: false };
  const walk = async (item: Item): Promise<void> => {
    const own = Object.create(trx) as Transaction;
    walkers.set(own, { company, last: -1 });
    try {
      await work(own, item);
    } finally {
      company.walking -= 1;
      callSoon(company);
    }
  };
  const ends = await Promise.allSettled(items.map(walk));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Sends what a walker has asked before it sends a statement of its own. */
export function sendAsked(on: On): void {
  const walker = walkers.get(on);
  if (walker !== undefined && walker.last >= 0) send(walker.company);
}

async function askAlong(walker: Walker, many: Step['many'], ask: unknown): Promise<unknown> {
  const { company } = walker;
  const { steps } = company;
  let place = steps.findIndex((step, at) => at > walker.last && step.many === many);
  if (place < 0) place = steps.push({ many, waiting: [] }) - 1;
  if (walker.last < 0) company.asking += 1;
  walker.last = place;
  const answered = Promise.withResolvers<unknown>();
  steps[place]?.waiting.push({ walker, ask, answered });
  callSoon(company);
  return answered.promise;
}

/** After everything that can go on without an answer has gone on. */
function callSoon(company: Company): void {
  if (company.isDue) return;
  company.isDue = true;
  queueMicrotask(() => {
    process.nextTick(() => {
      company.isDue = false;
      if (company.asking >= company.walking) send(company);
    });
  });
}

function send(company: Company): void {
  const { steps } = company;
  company.steps = [];
  company.asking = 0;
  for (const { waiting } of steps) for (const { walker } of waiting) walker.last = -1;
  // Begun one after the other without waiting, so that they leave in this order.
  for (const step of steps) void answerAll(company, step);
}

async function answerAll({ trx }: Company, { many, waiting }: Step): Promise<void> {
  try {
    const asks = waiting.map(({ ask }) => ask);
    const answers = await many(trx, asks);
    if (answers.length !== asks.length) throw new Error(`${answers.length} answers to ${asks.length} asks`);
    for (const [at, { answered }] of waiting.entries()) answered.resolve(answers[at]);
  } catch (error) {
    for (const { answered } of waiting) answered.reject(error);
  }
}
