import { isOpen, isUnused, ledgerBalance, recordCredit } from './credit-ledger.ts';
import { invalidRequest } from './errors.ts';
import { freshId } from './ids.ts';
import { page } from './pagination.ts';
import {
  array,
  changedMetadata,
  emptyable,
  integer,
  metadata,
  object,
  oneOf,
  paging,
  required,
  text,
  timestamp,
  word,
  type Values,
} from './parameters.ts';
import { route } from './routes.ts';
import type { CreditGrant } from './wire.ts';
import { change, clockOf, emit, need, schedule, unschedule, type World } from './world.ts';

const shape = {
  amount: required(
    object({
      type: required(oneOf('monetary')),
      monetary: object({ currency: required(word(3)), value: required(integer(1)) }),
    }),
  ),
  applicability_config: required(
    object({
      scope: required(object({ price_type: oneOf('metered'), prices: array(object({ id: required(word()) }), 20) })),
    }),
  ),
  category: oneOf('paid', 'promotional'),
  customer: word(),
  customer_account: word(),
  effective_at: timestamp(),
  expires_at: timestamp(),
  metadata: metadata(),
  name: text(100),
  priority: integer(0, 100),
};

function grantWithId(world: World, id: string): CreditGrant {
  return need(world, 'credit_grants', id, 'credit grant');
}

function refuseWrong(world: World, customer: string, values: Values<typeof shape>, now: number): void {
  const { scope } = values.applicability_config;
  if ((scope.price_type === undefined) === (scope.prices === undefined || scope.prices.length === 0)) {
    const param = 'applicability_config[scope]';
    throw invalidRequest('You must provide exactly one of `price_type` and `prices` in the scope.', { param });
  }
  for (const { id } of scope.prices ?? []) {
    const param = 'applicability_config[scope][prices]';
    const price = need(world, 'prices', id, 'price', param);
    if (price.recurring?.usage_type !== 'metered') {
      throw invalidRequest(`Credit grants can only be scoped to metered prices; ${id} is not.`, { param });
    }
  }
  const { effective_at: effective, expires_at: expires } = values;
  if (effective !== undefined && effective <= now) {
    throw invalidRequest('effective_at must be in the future.', { param: 'effective_at' });
  }
  if (expires !== undefined && expires <= (effective ?? now)) {
    throw invalidRequest('expires_at must be in the future and after effective_at.', { param: 'expires_at' });
  }
  const unused = world.store.by('credit_grants', 'customer', customer).filter((grant) => isUnused(world, grant, now));
  if (unused.length >= world.switches.creditGrantsMax) {
    throw invalidRequest(`A customer can have at most ${world.switches.creditGrantsMax} unused credit grants.`, {
      param: 'customer',
    });
  }
}

function planExpiry(world: World, grant: CreditGrant): void {
  unschedule(world, 'grant_expiry', grant.id);
  if (grant.expires_at !== null) schedule(world, 'grant_expiry', grant.id, grant.test_clock ?? null, grant.expires_at);
}

const create = route('POST', '/v1/billing/credit_grants', shape, ({ world, values }) => {
  if (values.customer === undefined) {
    throw invalidRequest('You must provide one of `customer` and `customer_account`.', {
      code: 'parameter_missing',
      param: 'customer',
    });
  }
  const { monetary } = values.amount;
  if (monetary === undefined) {
    throw invalidRequest('Missing required param: amount[monetary].', {
      code: 'parameter_missing',
      param: 'amount[monetary]',
    });
  }
  const customer = need(world, 'customers', values.customer, 'customer', 'customer');
  const clock = clockOf(world, customer.id);
  const now = world.now(clock);
  refuseWrong(world, customer.id, values, now);
  const { scope } = values.applicability_config;
  const grant: CreditGrant = {
    id: freshId('credgr_test', 20),
    object: 'billing.credit_grant',
    amount: { monetary: { currency: monetary.currency.toLowerCase(), value: monetary.value }, type: 'monetary' },
    applicability_config: {
      scope:
        scope.prices === undefined ? { price_type: 'metered' } : { prices: scope.prices.map(({ id }) => ({ id })) },
    },
    category: values.category ?? 'paid',
    created: now,
    customer: customer.id,
    customer_account: null,
    effective_at: values.effective_at ?? now,
    expires_at: values.expires_at ?? null,
    livemode: false,
    metadata: changedMetadata({}, values.metadata),
    name: values.name ?? null,
    priority: values.priority ?? 50,
    test_clock: clock,
    updated: now,
    voided_at: null,
  };
  world.store.put('credit_grants', grant);
  emit(world, 'billing.credit_grant.created', grant);
  if (values.effective_at === undefined) recordCredit(world, grant, monetary.value, { type: 'credits_granted' });
  else schedule(world, 'grant_effective', grant.id, clock, values.effective_at);
  planExpiry(world, grant);
  return grant;
});

function refuseClosed(grant: CreditGrant, now: number): void {
  if (grant.voided_at !== null) throw invalidRequest('This credit grant has already been voided.');
  if (!isOpen(grant, now)) throw invalidRequest('This credit grant has already expired.');
}

/** Ends what is left of a grant. */
function endRest(world: World, grant: CreditGrant, type: 'credits_expired' | 'credits_voided'): void {
  const left = ledgerBalance(world, grant.id);
  if (left > 0) recordCredit(world, grant, left, { type });
}

export const creditGrantRoutes = [
  create,
  route(
    'GET',
    '/v1/billing/credit_grants',
    { ...paging, customer: word(), customer_account: word() },
    ({ world, values, path }) => {
      const grants =
        values.customer === undefined
          ? world.store.all('credit_grants')
          : world.store.by('credit_grants', 'customer', values.customer);
      return page(grants.toReversed(), values, path);
    },
  ),
  route('GET', '/v1/billing/credit_grants/{id}', {}, ({ world, id }) => grantWithId(world, id)),
  route(
    'POST',
    '/v1/billing/credit_grants/{id}',
    { expires_at: emptyable(timestamp()), metadata: metadata() },
    ({ world, id, values }) => {
      const before = grantWithId(world, id);
      const now = world.now(before.test_clock);
      const { expires_at: expires } = values;
      if (expires !== undefined) refuseClosed(before, now);
      if (typeof expires === 'number' && expires <= Math.max(now, before.effective_at ?? 0)) {
        throw invalidRequest('expires_at must be in the future and after effective_at.', { param: 'expires_at' });
      }
      const changes = {
        metadata: changedMetadata(before.metadata, values.metadata),
        ...(expires === undefined ? {} : { expires_at: expires }),
        updated: now,
      };
      const grant = change(world, 'credit_grants', id, changes, 'billing.credit_grant.updated');
      planExpiry(world, grant);
      return grant;
    },
  ),
  route('POST', '/v1/billing/credit_grants/{id}/expire', {}, ({ world, id }) => {
    const before = grantWithId(world, id);
    const now = world.now(before.test_clock);
    refuseClosed(before, now);
    endRest(world, before, 'credits_expired');
    unschedule(world, 'grant_effective', id);
    unschedule(world, 'grant_expiry', id);
    return change(world, 'credit_grants', id, { expires_at: now, updated: now }, 'billing.credit_grant.updated');
  }),
  route('POST', '/v1/billing/credit_grants/{id}/void', {}, ({ world, id }) => {
    const before = grantWithId(world, id);
    const now = world.now(before.test_clock);
    refuseClosed(before, now);
    const applied = world.store
      .by('credit_balance_transactions', 'credit_grant', id)
      .some(({ debit }) => debit?.type === 'credits_applied');
    if (applied) throw invalidRequest('This credit grant cannot be voided because it has been applied to an invoice.');
    endRest(world, before, 'credits_voided');
    unschedule(world, 'grant_effective', id);
    unschedule(world, 'grant_expiry', id);
    return change(world, 'credit_grants', id, { voided_at: now, updated: now }, 'billing.credit_grant.updated');
  }),
];

/** Is a draft open whose period ended before the grant does, so that it may still want it? */
function isWantedByDraft(world: World, grant: CreditGrant, end: number): boolean {
  return world.store
    .by('invoices', 'customer', grant.customer)
    .some(({ status, period_end: period }) => status === 'draft' && period < end);
}

const HOUR = 3600;

export const creditGrantTasks = {
  grant_effective: (world: World, id: string) => {
    const grant = world.store.find('credit_grants', id);
    if (grant === undefined) return;
    recordCredit(world, grant, grant.amount.monetary?.value ?? 0, { type: 'credits_granted' });
  },
  grant_expiry: (world: World, id: string, at: number) => {
    const grant = world.store.find('credit_grants', id);
    if (grant === undefined || grant.voided_at !== null) return;
    const waits =
      world.switches.grantEndingInDraftWindow === 'pays' && isWantedByDraft(world, grant, grant.expires_at ?? at);
    if (waits) schedule(world, 'grant_expiry', id, grant.test_clock ?? null, at + HOUR);
    else endRest(world, grant, 'credits_expired');
  },
};
