import { freshId } from './ids.ts';
import type { CreditBalanceTransaction, CreditGrant } from './wire.ts';
import { emit, type World } from './world.ts';

interface Application {
  readonly invoice: string;
  readonly line: string;
}
type Movement =
  | { readonly type: 'credits_granted' | 'credits_expired' | 'credits_voided' }
  | { readonly type: 'credits_applied' | 'credits_application_invoice_voided'; readonly application: Application };

/** What is left of a grant by its recorded transactions, in minor units. */
export function ledgerBalance(world: World, grant: string): number {
  return world.store.by('credit_balance_transactions', 'credit_grant', grant).reduce((sum, { credit, debit }) => {
    return sum + (credit?.amount.monetary?.value ?? 0) - (debit?.amount.monetary?.value ?? 0);
  }, 0);
}

function isCredit(type: Movement['type']): boolean {
  return type === 'credits_granted' || type === 'credits_application_invoice_voided';
}

/** Records a movement of a grant; amounts are positive, the type gives the sign. */
export function recordCredit(
  world: World,
  grant: CreditGrant,
  value: number,
  movement: Movement,
): CreditBalanceTransaction {
  const currency = grant.amount.monetary?.currency ?? 'usd';
  const amount = { monetary: { currency, value }, type: 'monetary' as const };
  const named =
    'application' in movement
      ? { invoice: movement.application.invoice, invoice_line_item: movement.application.line }
      : null;
  const credit = isCredit(movement.type);
  const now = world.now(grant.test_clock);
  const transaction: CreditBalanceTransaction = {
    id: freshId('cbtxn_test', 20),
    object: 'billing.credit_balance_transaction',
    created: now,
    credit: credit
      ? { amount, credits_application_invoice_voided: named, type: movement.type as 'credits_granted' }
      : null,
    credit_grant: grant.id,
    debit: credit ? null : { amount, credits_applied: named, type: movement.type as 'credits_applied' },
    effective_at: now,
    livemode: false,
    test_clock: grant.test_clock,
    type: credit ? 'credit' : 'debit',
  };
  world.store.put('credit_balance_transactions', transaction);
  emit(world, 'billing.credit_balance_transaction.created', transaction);
  return transaction;
}

/** Neither voided nor ended by `now`. */
export function isOpen(grant: CreditGrant, now: number): boolean {
  return grant.voided_at === null && (grant.expires_at === null || grant.expires_at > now);
}

/** Open, and pending or with something left: what counts towards the limit of grants. */
export function isUnused(world: World, grant: CreditGrant, now: number): boolean {
  return isOpen(grant, now) && ((grant.effective_at ?? 0) > now || ledgerBalance(world, grant.id) > 0);
}

/** The order in which grants pay: priority, then sooner end, promotional, earlier effect, earlier creation. */
export function byDrawOrder(a: CreditGrant, b: CreditGrant): number {
  const end = (grant: CreditGrant): number => grant.expires_at ?? Number.MAX_SAFE_INTEGER;
  const paid = (grant: CreditGrant): number => (grant.category === 'promotional' ? 0 : 1);
  return (
    (a.priority ?? 50) - (b.priority ?? 50) ||
    end(a) - end(b) ||
    paid(a) - paid(b) ||
    (a.effective_at ?? 0) - (b.effective_at ?? 0) ||
    a.created - b.created
  );
}
