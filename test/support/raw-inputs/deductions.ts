// What is taken off the lines of an invoice, in the documented order: discounts, billing credits; then tax on what is left.
import { scaled } from '../priced-lines.ts';
import { nearest, ONE } from './amounts.ts';
import { changed, type Commit, type Inputs, type Invoice, type Rate } from './inputs.ts';
import type { Expected } from './planned-lines.ts';

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);

/** Each discount in its order on what the earlier ones left; `said` is how the invoice spreads a sum over its lines. */
export function discounts(
  { kept }: Inputs,
  invoice: Invoice,
  lines: readonly Expected[],
): { readonly off: readonly bigint[]; readonly problems: readonly string[] } {
  const problems: string[] = [];
  let left = lines.map(({ amount }) => amount);
  for (const id of invoice.discounts) {
    const coupon = kept.coupons.get(kept.discounts.get(id)?.source.coupon ?? '');
    if (coupon === undefined) continue;
    const products = coupon.applies_to?.products;
    const bases = lines.map(({ amount, isDiscountable, product }, index) =>
      isDiscountable && amount > 0n && (products?.includes(product ?? '') ?? true) ? (left[index] ?? 0n) : 0n,
    );
    const said = invoice.lines.data.map(({ discount_amounts: amounts }) =>
      sum((amounts ?? []).filter(({ discount }) => discount === id).map(({ amount }) => BigInt(amount))),
    );
    const whole = sum(bases);
    const most = BigInt(coupon.amount_off ?? 0);
    const off = most < whole ? most : whole;
    const exact = (base: bigint): bigint => nearest(base * scaled(String(coupon.percent_off)), 100n * ONE);
    const isPercent = coupon.percent_off !== null;
    // Of a sum each line bears its share, to the minor unit; which line bears the odd one nobody documents.
    const fits = bases.map((base, index) => {
      const share = said[index] ?? 0n;
      if (isPercent) return share === exact(base);
      const distance = share * whole - off * base;
      return whole === 0n ? share === 0n : distance < whole && distance > -whole;
    });
    if (fits.includes(false) || (!isPercent && sum(said) !== off))
      problems.push(`discount ${id} takes ${said.join(' + ')} off ${bases.join(' + ')}`);
    left = left.map((amount, index) => amount - (said[index] ?? 0n));
  }
  return { off: lines.map(({ amount }, index) => amount - (left[index] ?? 0n)), problems };
}

export interface Share {
  readonly grant: string;
  readonly line: number;
  readonly amount: bigint;
}

type Grant = ReturnType<typeof changed<'credit_grants'>>[number];
type CreditMove = ReturnType<typeof changed<'credit_balance_transactions'>>[number];

const valueOf = ({ credit, debit }: CreditMove): bigint =>
  BigInt(credit?.amount.monetary?.value ?? 0) - BigInt(debit?.amount.monetary?.value ?? 0);

/** Priority, then the sooner end, promotional before paid, earlier effect, earlier creation. */
const drawOrder = (grant: Grant): readonly number[] => [
  grant.priority ?? 50,
  grant.expires_at ?? Infinity,
  grant.category === 'promotional' ? 0 : 1,
  grant.effective_at ?? 0,
  grant.created,
];

function byDrawOrder(a: Grant, b: Grant): number {
  const [first, second] = [drawOrder(a), drawOrder(b)];
  const differs = first.findIndex((key, index) => key !== second[index]);
  return differs < 0 ? 0 : (first[differs] ?? 0) < (second[differs] ?? 0) ? -1 : 1;
}

/** Which grant pays how much of which line: lines in their order, grants in theirs, each down to its ledger balance. */
export function credits(
  { kept, creditMoves }: Inputs,
  { invoice, periodEnd, commit }: { invoice: Invoice; periodEnd: number; commit: Commit },
  lines: readonly { readonly price: string | undefined; readonly open: bigint }[],
): readonly Share[] {
  const now = new Set(commit.changes.map(([, id]) => id));
  const left = new Map<string, bigint>();
  const grants = Array.from(kept.credit_grants.values())
    .filter(
      (grant) =>
        grant.customer === invoice.customer &&
        grant.voided_at === null &&
        grant.amount.monetary?.currency === invoice.currency &&
        periodEnd >= (grant.effective_at ?? 0) &&
        (grant.expires_at === null || periodEnd < grant.expires_at),
    )
    .toSorted(byDrawOrder);
  for (const { id } of grants)
    left.set(id, sum((creditMoves.get(id) ?? []).filter((move) => !now.has(move.id)).map(valueOf)));
  return lines.flatMap(({ price, open }, line) => {
    let unpaid = price === undefined ? 0n : open;
    return grants.flatMap(({ id, applicability_config: { scope } }): Share[] => {
      const balance = left.get(id) ?? 0n;
      const amount = balance < unpaid ? balance : unpaid;
      const reaches = scope.price_type === 'metered' || (scope.prices ?? []).some((one) => one.id === price);
      if (amount <= 0n || !reaches) return [];
      left.set(id, balance - amount);
      unpaid -= amount;
      return [{ grant: id, line, amount }];
    });
  });
}

/** What a commit wrote to the ledger of a grant that no rule allows: the balances above rest on it. */
export function wrongMoves({ kept, creditMoves }: Inputs, commit: Commit): string[] {
  return changed(commit, 'credit_balance_transactions').flatMap((move) => {
    const grant = kept.credit_grants.get(move.credit_grant);
    const now = commit.times[move.id] ?? 0;
    const moves = creditMoves.get(move.credit_grant) ?? [];
    const of = (type: string): bigint =>
      sum(moves.filter(({ credit, debit }) => (credit ?? debit)?.type === type).map(valueOf));
    const right = {
      credits_granted:
        of('credits_granted') === BigInt(grant?.amount.monetary?.value ?? 0) && (grant?.effective_at ?? 0) <= now,
      credits_application_invoice_voided: of('credits_application_invoice_voided') <= -of('credits_applied'),
      credits_applied: true,
      credits_expired: grant?.expires_at !== null && (grant?.expires_at ?? Infinity) <= now,
      credits_voided: (grant?.voided_at ?? null) !== null,
    };
    const type = (move.credit ?? move.debit)?.type ?? '';
    const allowed = Object.entries(right).find(([known]) => known === type)?.[1] ?? false;
    const positive = sum(moves.map(valueOf)) >= 0n;
    return allowed && positive ? [] : [`grant ${move.credit_grant}: ${type} ${valueOf(move)} is against its rules`];
  });
}

/** Tax on what discounts and credits leave of a line: on top, or contained in it. */
export function taxOf(net: bigint, { percentage, inclusive }: Rate): bigint {
  const percent = scaled(String(percentage));
  return nearest(net * percent, inclusive ? 100n * ONE + percent : 100n * ONE);
}
