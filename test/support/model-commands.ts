// Random commands, each done to the product's own operations and to the reference model, and compared afterwards.
import fc from 'fast-check';
import { expect } from 'vitest';

import { catchUpPools } from '../../src/operations/catch-up-pools.ts';
import { grantPaidInvoice } from '../../src/operations/grant-paid-invoice.ts';
import { readBalance } from '../../src/operations/read-balance.ts';
import { reverseUsage } from '../../src/operations/reverse-usage.ts';
import { query } from '../../src/storage/query.ts';
import { balances, type Books, metered, type Subscriber } from './books.ts';
import * as reference from './reference-model.ts';
import { capture, hold, packInvoice, release, use } from './requests.ts';

/** The product under test: one customer, and the ids that its answers gave. */
export interface Real {
  readonly books: Books;
  readonly customer: Subscriber;
  readonly pack: { readonly priceId: string; readonly credits: number };
  readonly holdIds: string[];
  readonly usageIds: string[];
}

type Model = reference.Model;
type Outcome = reference.Outcome;
type Command = fc.AsyncCommand<Model, Real>;

const HOUR = 3_600_000;

function command(
  words: string,
  expected: (model: Model) => Outcome,
  actual: (real: Real, model: Model) => Promise<Outcome>,
): Command {
  return {
    check: () => true,
    run: async (model, real) => {
      const outcome = await actual(real, model);
      expect(`${words}: ${outcome}`).toBe(`${words}: ${expected(model)}`);
      expect(await shownReal(real)).toEqual(shownSorted(model));
    },
    toString: () => words,
  };
}

function shownSorted(model: Model) {
  const { lots, ...rest } = reference.shownModel(model);
  return { ...rest, lots: lots.toSorted() };
}

/** What the database says, after time has done its part. */
async function shownReal({ books, customer }: Real): Promise<ReturnType<typeof shownSorted>> {
  await books.executor.submit([{ kind: 'touch', customer }]);
  const key = [customer.lane, customer.customerId];
  const lots = await query<{ shown: string }>(
    books.db,
    `select concat_ws(' ', source, granted / 1000000.0, drawn / 1000000.0, held / 1000000.0, ended / 1000000.0) as shown
     from lots where lane = $1 and customer_id = $2`,
    key,
  );
  const holds = await query<{ state: string; held: string }>(
    books.db,
    `select h.state, (h.overage_reserved + h.debt_reserved + coalesce((select sum(d.held) from hold_draws d
       where d.lane = h.lane and d.customer_id = h.customer_id and d.hold_id = h.hold_id), 0))::text as held
     from holds h where h.lane = $1 and h.customer_id = $2 order by h.placed_at, h.hold_id`,
    key,
  );
  const overage = await query<{ owed: string }>(
    books.db,
    `select coalesce(-sum(a.balance), 0)::text as owed from billing_periods p left join accounts a on a.lane = p.lane
       and a.customer_id = p.customer_id and a.billing_period_id = p.billing_period_id and a.kind = 'overage'
     where p.lane = $1 and p.customer_id = $2 group by p.starts_at order by p.starts_at`,
    key,
  );
  const [pool] = await query<{ unfunded: bigint }>(
    books.db,
    `select unfunded from pools where lane = $1 and customer_id = $2`,
    key,
  );
  const balance = await readBalance(books.deps, customer.name);
  if ('rejected' in balance) throw new Error(balance.rejected.message);
  return {
    lots: lots.map(({ shown }) => shown.replaceAll(/\.0+(?= |$)/g, '')).toSorted(),
    holds: holds.map(({ state, held }) => `${state} ${whole(BigInt(held))}`),
    metered: (await metered(books.db, customer)).map(Number),
    overage: overage.map(({ owed }) => whole(BigInt(owed))),
    debt: -Number((await balances(books.db, customer))['debt'] ?? '-0'),
    unfunded: whole(pool?.unfunded ?? 0n),
    available: whole(balance.available),
  };
}

function whole(micro: bigint): number {
  return Number(micro) / 1_000_000;
}

function track(credits: number, hoursAgo: number): Command {
  return command(
    `use ${credits} of ${hoursAgo} h ago`,
    (model) => reference.use(model, credits, model.now - hoursAgo * HOUR),
    async ({ books, customer, usageIds }, model) => {
      const answer = await use(books, customer, credits, { occurredAt: new Date(model.now - hoursAgo * HOUR) });
      if ('rejected' in answer) return 'refused';
      usageIds.push(answer.usageEventId);
      return answer.status === 'unfunded' ? 'unfunded' : 'done';
    },
  );
}

function placeHold(credits: number, ttlMinutes: number): Command {
  return command(
    `hold ${credits} for ${ttlMinutes} min`,
    (model) => reference.place(model, credits, ttlMinutes),
    async ({ books, customer, holdIds }) => {
      const answer = await hold(books, customer, String(credits), { ttlSeconds: ttlMinutes * 60 });
      if ('rejected' in answer) return 'refused';
      holdIds.push(answer.hold.holdId);
      return 'done';
    },
  );
}

/** The pick falls on one of the holds that are there when the command runs. */
function captureHold(pick: number, credits: number, final: boolean): Command {
  return command(
    `capture ${credits} of hold #${pick}${final ? '' : ' in part'}`,
    (model) =>
      model.holds.length === 0 ? 'refused' : reference.capture(model, pick % model.holds.length, credits, final),
    async ({ books, holdIds }) => {
      const holdId = holdIds[pick % Math.max(1, holdIds.length)];
      if (holdId === undefined) return 'refused';
      return 'rejected' in (await capture(books, holdId, String(credits), { final })) ? 'refused' : 'done';
    },
  );
}

function releaseHold(pick: number): Command {
  return command(
    `release hold #${pick}`,
    (model) => (model.holds.length === 0 ? 'refused' : reference.release(model, pick % model.holds.length)),
    async ({ books, holdIds }) => {
      const holdId = holdIds[pick % Math.max(1, holdIds.length)];
      if (holdId === undefined) return 'refused';
      return 'rejected' in (await release(books, holdId)) ? 'refused' : 'done';
    },
  );
}

const buyPack = command(
  'buy a pack',
  (model) => reference.buyPack(model, 30),
  async ({ books, customer, pack }, model) => {
    const lines = [{ lineId: 'il_1', kind: 'pack' as const, priceId: pack.priceId, quantity: 1n, paidMinor: 300n }];
    await grantPaidInvoice(books.deps, packInvoice(customer, new Date(model.now).toISOString(), { lines }));
    return 'done';
  },
);

function reverseUse(pick: number): Command {
  return command(
    `reverse use #${pick}`,
    (model) => (model.usage.length === 0 ? 'refused' : reference.reverse(model, pick % model.usage.length)),
    async ({ books, customer, usageIds }) => {
      const usageId = usageIds[pick % Math.max(1, usageIds.length)];
      if (usageId === undefined) return 'refused';
      const cause = { reason: 'wrong', ticket: 'T-1', actor: 'model' };
      const answer = await reverseUsage(books.deps, { customer, usageEventIds: [usageId], ...cause });
      return 'rejected' in answer ? 'refused' : 'done';
    },
  );
}

/** Time goes on by a span, or to somewhere about the end of the running month. */
function wait(words: string, until: (now: number) => number): Command {
  return command(
    `wait ${words}`,
    (model) => {
      reference.touch(model);
      return 'done';
    },
    async ({ books }, model) => {
      model.now = Math.max(model.now, until(model.now));
      await books.at(new Date(model.now).toISOString());
      return 'done';
    },
  );
}

function monthEnd(now: number): number {
  const at = new Date(now);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1);
}

const sweep = command(
  'sweep',
  (model) => {
    reference.touch(model);
    return 'done';
  },
  async ({ books }) => {
    await catchUpPools(books, { limit: 10_000 });
    return 'done';
  },
);

const MINUTE = 60_000;
const pick = fc.nat(20);

/** Every kind of command; month ends are as likely as all other waiting. */
export const COMMANDS: fc.Arbitrary<Command>[] = [
  fc
    .tuple(fc.integer({ min: 1, max: 60 }), fc.constantFrom(0, 0, 0, 1, 30))
    .map(([credits, ago]) => track(credits, ago)),
  fc.tuple(fc.integer({ min: 1, max: 60 }), fc.constantFrom(0, 1)).map(([credits, ago]) => track(credits, ago)),
  fc
    .tuple(fc.integer({ min: 1, max: 70 }), fc.constantFrom(15, 90, 1_440))
    .map(([credits, ttl]) => placeHold(credits, ttl)),
  fc
    .tuple(pick, fc.integer({ min: 1, max: 80 }), fc.boolean())
    .map(([one, credits, final]) => captureHold(one, credits, final)),
  pick.map(releaseHold),
  fc.constant(buyPack),
  pick.map(reverseUse),
  fc.constantFrom(
    wait('20 min', (now) => now + 20 * MINUTE),
    wait('8 h', (now) => now + 8 * HOUR),
    wait('11 d', (now) => now + 264 * HOUR),
    wait('40 d', (now) => now + 960 * HOUR),
  ),
  fc.constantFrom(
    wait('until 10 min before the month ends', (now) => monthEnd(now) - 10 * MINUTE),
    wait('until 10 min after the month ends', (now) => monthEnd(now) + 10 * MINUTE),
    wait('until the cut-off', (now) => monthEnd(now) + 45 * MINUTE),
  ),
  fc.constant(sweep),
];
