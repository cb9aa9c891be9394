// Something to look at after the first start: four customers, forty days of paid invoices and usage. Always the same.
import type { Billing } from '../billing.ts';
import type { Catalogue } from '../domain/catalogue.ts';
import type { Deps } from '../operations/deps.ts';
import { listCustomers } from '../storage/customers.ts';
import { listPackVersions, listPlanVersions } from '../storage/plans.ts';
import type { SandboxClock } from './sandbox-clock.ts';
import { buyPack, signUp } from './sign-up.ts';

export interface SampleParts {
  readonly deps: Deps;
  readonly billing: Billing;
  readonly catalogue: Catalogue;
  readonly clock: SandboxClock;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DAYS = 40;
const STEP_DAYS = 5;
const EVENTS_PER_STEP = 40;

interface SampleCustomer {
  readonly name: string;
  readonly externalId: string;
  readonly plan: string;
  readonly buysPack: boolean;
  /** Tokens of one request: what makes the customer a big or a small one. */
  readonly inputTokens: number;
}

const CUSTOMERS: readonly SampleCustomer[] = [
  { name: 'Acme AI', externalId: 'acme', plan: 'hybrid', buysPack: false, inputTokens: 48_000 },
  { name: 'Globex', externalId: 'globex', plan: 'hybrid', buysPack: false, inputTokens: 22_000 },
  { name: 'Initech', externalId: 'initech', plan: 'starter', buysPack: false, inputTokens: 2_500 },
  { name: 'Umbrella Labs', externalId: 'umbrella', plan: 'cost-plus', buysPack: true, inputTokens: 17_000 },
];

/** Fills an empty sandbox with the story of forty days and comes back to the present; a filled one is left as it is. */
export async function seedSampleData({ deps, billing, catalogue, clock }: SampleParts): Promise<string> {
  const removal = 'SANDBOX   (start afresh: remove the directory)';
  const there = await listCustomers(deps.db, { limit: 1 });
  if (there.length > 0) {
    await catchUpWithPresent(clock);
    return `kept from the last start   ${removal}`;
  }
  const known = CUSTOMERS.filter(({ plan }) => catalogue.plans.some((offered) => offered.plan === plan));
  if (known.length === 0) return `none: the catalogue has none of the sample's plans   ${removal}`;
  const today = await clock.now();
  const start = new Date(Math.floor(today.getTime() / MINUTE_MS) * MINUTE_MS - DAYS * DAY_MS);
  await clock.beginAt(start);
  const customers = await signUpAll(deps, known);
  await clock.settle();
  for (let day = 0; day < DAYS; day += STEP_DAYS) {
    const from = start.getTime() + day * DAY_MS;
    await clock.advance(new Date(from + STEP_DAYS * DAY_MS));
    await trackSteps(billing, customers, { from, step: day / STEP_DAYS });
  }
  await clock.advance(today);
  await clock.release();
  return `${customers.length} customers, ${DAYS} days of usage   ${removal}`;
}

/** A first start that was cut short, or a sandbox that slept at a time of its own, lives in the past: bring it back. */
async function catchUpWithPresent(clock: SandboxClock): Promise<void> {
  const wall = new Date();
  if ((await clock.now()).getTime() > wall.getTime() - MINUTE_MS) return;
  await clock.advance(wall);
  await clock.release();
}

type SignedUpCustomer = SampleCustomer & { readonly stripeCustomer: string };

async function signUpAll(deps: Deps, customers: readonly SampleCustomer[]): Promise<readonly SignedUpCustomer[]> {
  const plans = await listPlanVersions(deps.db);
  const [pack] = await listPackVersions(deps.db);
  const signedUp: SignedUpCustomer[] = [];
  for (const customer of customers) {
    const plan = plans.find((version) => version.plan === customer.plan);
    if (plan === undefined) throw new Error(`the plan ${customer.plan} was not pushed`);
    const { name, externalId } = customer;
    const { customer: stripeCustomer } = await signUp(deps.stripe, { name, externalId, plan });
    if (customer.buysPack && pack !== undefined) await buyPack(deps.stripe, stripeCustomer, pack);
    signedUp.push({ ...customer, stripeCustomer });
  }
  return signedUp;
}

/** Usage of the days since the last step, spread evenly; two of three events are completions, one a report. */
async function trackSteps(
  billing: Billing,
  customers: readonly SignedUpCustomer[],
  { from, step }: { readonly from: number; readonly step: number },
): Promise<void> {
  const spacing = (STEP_DAYS * DAY_MS) / (EVENTS_PER_STEP + 1);
  const events = customers.flatMap(({ externalId, stripeCustomer, inputTokens }) =>
    Array.from({ length: EVENTS_PER_STEP }, (_, index) => ({
      eventId: `sample-${externalId}-${step}-${index}`,
      customer: stripeCustomer,
      occurredAt: new Date(from + Math.round((index + 1) * spacing)),
      member: null,
      source: 'sample',
      ...(index % 8 === 7
        ? { action: 'report.generate', quantities: {} }
        : {
            action: 'llm.complete',
            quantities: {
              input_tokens: BigInt(inputTokens + 997 * (index % 5)),
              output_tokens: BigInt(150 + 31 * index),
            },
          }),
    })),
  );
  await billing.operations.trackUsage(events);
}
