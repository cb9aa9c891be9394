import { byDrawOrder, ledgerBalance } from './credit-ledger.ts';
import type { CreditGrant, Invoice, InvoiceLine } from './wire.ts';
import type { World } from './world.ts';

export interface CreditShare {
  readonly line: string;
  readonly grant: CreditGrant;
  readonly amount: number;
}

/** The price behind a line, when it is a subscription's metered line and no proration. */
function meteredPriceOf(world: World, line: InvoiceLine): string | null {
  const details = line.parent?.subscription_item_details;
  const price = line.pricing?.price_details?.price;
  if (details === null || details === undefined || details.proration || price === undefined) return null;
  return world.store.find('prices', price)?.recurring?.usage_type === 'metered' ? price : null;
}

/** Period end decides which grants reach an invoice, not the moment of its finalization. */
function reaches(grant: CreditGrant, invoice: Invoice): boolean {
  return (
    grant.voided_at === null &&
    grant.amount.monetary?.currency === invoice.currency &&
    invoice.period_end >= (grant.effective_at ?? 0) &&
    (grant.expires_at === null || invoice.period_end < grant.expires_at)
  );
}

export function coversPrice(grant: CreditGrant, price: string): boolean {
  const { scope } = grant.applicability_config;
  return scope.price_type === 'metered' || (scope.prices ?? []).some(({ id }) => id === price);
}

/** Which grant pays how much of which line: lines in invoice order, grants in draw order. */
export function planCredits(world: World, invoice: Invoice, netOf: (line: InvoiceLine) => number): CreditShare[] {
  if (invoice.customer === null) return [];
  const grants = world.store
    .by('credit_grants', 'customer', invoice.customer)
    .filter((grant) => reaches(grant, invoice))
    .toSorted(byDrawOrder)
    .map((grant) => ({ grant, left: ledgerBalance(world, grant.id) }));
  const shares: CreditShare[] = [];
  for (const line of invoice.lines.data) {
    const price = meteredPriceOf(world, line);
    if (price === null) continue;
    let open = netOf(line);
    for (const source of grants) {
      const amount = Math.min(open, source.left);
      if (amount <= 0 || !coversPrice(source.grant, price)) continue;
      shares.push({ line: line.id, grant: source.grant, amount });
      source.left -= amount;
      open -= amount;
    }
  }
  return shares;
}
