import type { CustomerKey } from '../../src/domain/customer.ts';
// Customers for reconciliation tests: one in the middle of a cycle, one with a settled cycle behind him, and a hand that
// damages either side behind the application's back.
import { VARIANCE_KINDS, type VarianceKindName } from '../../src/domain/variance-kinds.ts';
import { pollDrafts } from '../../src/operations/poll-drafts.ts';
import type { Repairs } from '../../src/operations/reconciliation/repair.ts';
import { rollUpUsage } from '../../src/operations/roll-up-usage.ts';
import { settleDrafts } from '../../src/operations/settle-draft.ts';
import { buyPack } from '../../src/sandbox/sign-up.ts';
import { listPackVersions } from '../../src/storage/plans.ts';
import type { StoredVariance } from '../../src/storage/variances.ts';
import type { Inbox, SignedUp } from './inbox.ts';

export interface Seeded extends SignedUp, CustomerKey {}

export interface Stages {
  /** Signed up on 1 April, 700 calls used, rolled up, counted. */
  readonly running: (plan?: string) => Promise<Seeded>;
  /** A1: 12 500 calls in April, the cycle invoice final and mirrored. `during` happens in April. */
  readonly settled: (
    during?: (customer: Seeded) => Promise<void>,
    plan?: string,
    collect?: 'charge_automatically' | 'send_invoice',
  ) => Promise<Seeded>;
  /** Sends and counts all use so far. */
  readonly report: () => Promise<void>;
  /** From the middle of April over the period's end until its invoice is final and mirrored. */
  readonly endApril: (customer: Seeded) => Promise<void>;
  /** The same for the period that ends on this day. */
  readonly endPeriod: (customer: Seeded, day: string) => Promise<void>;
  readonly buyPack: (customer: Seeded) => Promise<void>;
}

export function stagesOf(stage: Inbox): Stages {
  const { deps, simulator } = stage;
  const report = async (): Promise<void> => {
    await rollUpUsage(deps, { limit: 100, flush: true });
    await stage.drain();
    await simulator.settled();
  };
  const signUp = async (
    calls: number,
    plan: string,
    collect: 'charge_automatically' | 'send_invoice' = 'charge_automatically',
  ): Promise<Seeded> => {
    const customer = await stage.signUp({ plan, collect });
    await stage.apply();
    if (collect === 'send_invoice') await payByHand(customer);
    await stage.drain();
    const seeded = { ...customer, ...(await stage.keyOf(customer)) };
    if (calls > 0) await stage.use(customer, calls, '2026-04-01T00:00:00Z');
    await report();
    return seeded;
  };
  const payByHand = async ({ stripeCustomerId }: SignedUp): Promise<void> => {
    const { data } = await deps.stripe.invoices.list({ customer: stripeCustomerId });
    for (const { id, status } of data) {
      if (status === 'draft') await deps.stripe.invoices.finalizeInvoice(id);
      await deps.stripe.invoices.pay(id);
    }
    await stage.apply();
  };
  const endPeriod = async (customer: Seeded, day: string): Promise<void> => {
    await stage.advance(customer, `${day}T00:00:10Z`);
    await stage.touch(customer);
    await stage.apply();
    await pollDrafts(deps, { limit: 100 });
    await stage.advance(customer, `${day}T00:46:00Z`);
    await stage.touch(customer);
    await stage.apply();
    for (let turn = 0; turn < 3; turn += 1) {
      await settleDrafts(deps, { limit: 100 });
      await stage.drain();
      await stage.apply();
    }
  };
  const endApril = async (customer: Seeded): Promise<void> => endPeriod(customer, '2026-05-01');
  return {
    report,
    endApril,
    endPeriod,
    running: (plan = 'hybrid') => signUp(700, plan),
    settled: async (during = async () => undefined, plan = 'hybrid', collect = 'charge_automatically') => {
      const customer = await signUp(12_500, plan, collect);
      await during(customer);
      await stage.apply();
      await endApril(customer);
      return customer;
    },
    buyPack: async ({ stripeCustomerId }) => {
      const [pack] = await listPackVersions(stage.db);
      if (pack === undefined) throw new Error('the sandbox sells no pack');
      await buyPack(deps.stripe, stripeCustomerId, pack);
      await stage.apply();
      await stage.drain();
    },
  };
}

/** Repairs nothing, so that a difference stays to be seen. */
export const nothingRepaired: Repairs = {
  mirrorCustomer: async () => undefined,
  mirrorInvoice: async () => undefined,
  mirrorCreditNote: async () => undefined,
  mirrorRefund: async () => undefined,
  mirrorDispute: async () => undefined,
  mirrorCreditMovements: async () => undefined,
  resend: async () => undefined,
};

/** The variances of a kind: its name begins their subject. */
export function ofKind(variances: readonly StoredVariance[], kind: VarianceKindName): readonly StoredVariance[] {
  const { check } = VARIANCE_KINDS[kind];
  return variances.filter(({ subject, checkName }) => checkName === check && subject.startsWith(`${kind} `));
}
