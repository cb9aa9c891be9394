// Another model over past usage: what each customer would have paid for what it did. Reading only, in transactions that
// PostgreSQL itself keeps from writing; the rules are those of the live engine.
import type { CustomerKey } from '../../domain/customer.ts';
import type { Refused } from '../../domain/rejection.ts';
import {
  type BillPair,
  byDifference,
  compareBills,
  type ComparedBill,
  type SimulatedBills,
} from '../../domain/simulation/bill-comparison.ts';
import { periodBill } from '../../domain/simulation/period-bill.ts';
import type { ReplayFacts, ReplayModel } from '../../domain/simulation/replay-facts.ts';
import { replay } from '../../domain/simulation/replay.ts';
import { now as clock } from '../../storage/clock.ts';
import { type Customer, listCustomers, readCustomer } from '../../storage/customers.ts';
import { transaction, type Transaction } from '../../storage/database.ts';
import { invoicedMinor } from '../../storage/simulation/invoiced.ts';
import { replayInputs } from '../../storage/simulation/replay-inputs.ts';
import {
  openingLots,
  poolAtStart,
  replaySpan,
  seatsSince,
  type ReplaySpan,
} from '../../storage/simulation/replay-span.ts';
import type { Deps } from '../deps.ts';
import { findCustomer } from '../read-customer.ts';
import { type Candidate, type ModelFor, presentModel, readCandidate } from './candidate.ts';

export interface SimulatePlans {
  readonly candidate: Candidate;
  /** Billing periods that lie whole in [from, to) are simulated. */
  readonly from: Date;
  readonly to: Date;
  /** Only periods that end after it; none: all of them. */
  readonly endAfter?: Date;
  /** `cus_…`, `ext:…` or our own id; null: everybody. */
  readonly customer: string | null;
  /** These alone instead, such as those of a rollout. */
  readonly only?: readonly CustomerKey[];
  /** Told after each customer; how many there are in all is known from the start. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface LeftOut {
  readonly customerId: string;
  readonly externalId: string | null;
  readonly name: string | null;
  readonly reason: string;
}

/** The present plan's simulated bills against what Stripe invoiced: equal, or the simulation is not to be believed. */
export interface Control {
  readonly customers: number;
  readonly equal: number;
  readonly different: readonly ControlledBill[];
}

export interface ControlledBill {
  readonly customerId: string;
  readonly externalId: string | null;
  readonly currency: string;
  readonly simulatedMinor: bigint;
  readonly invoicedMinor: bigint;
}

export interface Simulation {
  readonly at: Date;
  readonly from: Date;
  readonly to: Date;
  readonly candidate: Candidate;
  readonly bills: readonly ComparedBill[];
  readonly leftOut: readonly LeftOut[];
  readonly control: Control;
}

/** Simulates the candidate and the present plans side by side; changes nothing. */
export async function simulatePlans(deps: Deps, asked: SimulatePlans): Promise<Simulation | Refused> {
  const modelFor = await readCandidate(deps, asked.candidate);
  if ('rejected' in modelFor) return modelFor;
  const only = asked.customer === null ? null : await findCustomer(deps, asked.customer);
  if (only !== null && 'rejected' in only) return only;
  const customers = asked.only ?? (only === null ? await everybody(deps) : [only]);
  const bills: ComparedBill[] = [];
  const leftOut: LeftOut[] = [];
  const controlled: ControlledBill[] = [];
  for (const [index, key] of customers.entries()) {
    const one = await simulateCustomer(deps, key, modelFor, asked);
    if ('reason' in one) leftOut.push(one);
    else {
      bills.push(compareBills(one.pair));
      if (one.control !== null) controlled.push(one.control);
    }
    asked.onProgress?.(index + 1, customers.length);
  }
  const different = controlled.filter(({ simulatedMinor, invoicedMinor: invoiced }) => simulatedMinor !== invoiced);
  return {
    at: await clock(deps.db),
    from: asked.from,
    to: asked.to,
    candidate: asked.candidate,
    bills: bills.toSorted(byDifference),
    leftOut,
    control: {
      customers: controlled.length,
      equal: controlled.length - different.length,
      different,
    },
  };
}

const CUSTOMERS_AT_ONCE = 1_000;

async function everybody({ db }: Deps): Promise<readonly CustomerKey[]> {
  const all: CustomerKey[] = [];
  for (let after: string | undefined; ;) {
    const found = await listCustomers(db, { ...(after !== undefined && { after }), limit: CUSTOMERS_AT_ONCE });
    all.push(...found.map(({ lane, customerId }) => ({ lane, customerId })));
    if (found.length < CUSTOMERS_AT_ONCE) return all;
    after = found.at(-1)?.customerId;
  }
}

interface SimulatedCustomer {
  readonly pair: BillPair;
  readonly control: ControlledBill | null;
}

const READING = { isolationLevel: 'repeatable read', readOnly: true } as const;

async function simulateCustomer(
  deps: Deps,
  key: CustomerKey,
  modelFor: ModelFor,
  asked: SimulatePlans,
): Promise<SimulatedCustomer | LeftOut> {
  return transaction(
    deps.db,
    async (trx) => {
      const customer = await readCustomer(trx, key);
      if (customer === undefined) throw new Error(`customer ${key.customerId} has a name and no row`);
      const { customerId, externalId, name } = customer;
      const leave = (reason: string): LeftOut => ({ customerId, externalId, name, reason });
      const span = await replaySpan(trx, key, asked);
      if (span === null) return leave('no whole billing period in this span');
      const facts = await readFacts(deps, trx, key, span);
      if (facts === null) return leave('no pool');
      const sold = { unit: facts.unit, planVersionId: span.planVersionId };
      const [present, candidate] = [await presentModel(trx, sold), await modelFor(trx, sold)];
      if (typeof present === 'string') return leave(present);
      if (typeof candidate === 'string') return leave(candidate);
      if (candidate.model.terms.currency !== present.model.terms.currency) {
        return leave(
          `pays in ${present.model.terms.currency}, ${candidate.plan} is sold in ${candidate.model.terms.currency}`,
        );
      }
      const [before, after] = [billsUnder(facts, present), billsUnder(facts, candidate)];
      if (after.periods.length === 0) return leave(`no whole billing period of ${candidate.plan} in this span`);
      return {
        pair: { customerId, externalId, name, before, after },
        control: await controlOf(trx, customer, span, before),
      };
    },
    READING,
  );
}

function billsUnder(
  facts: ReplayFacts,
  { plan, model }: { readonly plan: string; readonly model: ReplayModel },
): SimulatedBills {
  const outcome = replay(facts, model);
  const periods = outcome.periods.map((period) => periodBill(model.terms, facts, period));
  return { plan, currency: model.terms.currency, periods, outcome };
}

/** What a customer did; null without a pool. */
async function readFacts(
  deps: Deps,
  trx: Transaction,
  key: CustomerKey,
  span: ReplaySpan,
): Promise<ReplayFacts | null> {
  const { cutOffMinutes, meterWindowMinutes } = deps.settings;
  const [pool, seats, opening, inputs] = await Promise.all([
    poolAtStart(trx, key, span),
    seatsSince(trx, key, span),
    openingLots(trx, key, span),
    replayInputs(trx, key, span, cutOffMinutes),
  ]);
  if (pool === null) return null;
  const { debt: openingDebt, ...held } = pool;
  const firstAllowanceAt = span.isSignUp ? (span.firstAllowanceAt ?? span.startsAt) : span.startsAt;
  return {
    ...held,
    ...span,
    customer: key,
    openingDebt,
    opening,
    seats,
    inputs,
    firstAllowanceAt,
    settings: { cutOffMinutes, meterWindowMinutes },
  };
}

/** Only where all of it was sold under the present plan: another one's invoices prove nothing about this one. */
async function controlOf(
  trx: Transaction,
  { lane, customerId, externalId }: Customer,
  span: ReplaySpan,
  { periods, currency }: SimulatedBills,
): Promise<SimulatedCustomer['control']> {
  if (span.soldUnder.length !== 1 || span.soldUnder[0] !== span.planVersionId) return null;
  const invoiced = await invoicedMinor(trx, { lane, customerId }, span);
  const simulatedMinor = periods.reduce((sum, { totalMinor }) => sum + totalMinor, 0n);
  return { customerId, externalId, currency, simulatedMinor, invoicedMinor: invoiced };
}
