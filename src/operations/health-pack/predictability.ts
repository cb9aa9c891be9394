import type { Predictability } from '../../domain/health-pack/facts.ts';
import { endOf, type Month, monthAfter, type Section, shareOf, startOf } from '../../domain/health-pack/section.ts';
import { customerNames } from '../../storage/customer-names.ts';
import { type TwoBills, twoBills } from '../../storage/health-pack/bills.ts';
import type { Deps } from '../deps.ts';

/** Fewer customers say nothing of customers at large. */
const CUSTOMERS_MIN = 5;
const SHOWN_MAX = 10;

/** Whose bill moved by more than a quarter: for the billing periods that ended in a month, against those before. */
export async function readPredictability({ db }: Pick<Deps, 'db'>, month: Month): Promise<Section<Predictability>> {
  const span = { before: startOf(monthAfter(month, -1)), from: startOf(month), until: endOf(month) };
  const bills = await twoBills(db, span);
  const customers = new Set(bills.map(({ customerId }) => customerId)).size;
  if (customers < CUSTOMERS_MIN) {
    const because = `Only ${customers} customers have a bill for ${month} and one for the month before.`;
    return { kind: 'not_enough_data', because, have: customers, need: CUSTOMERS_MIN };
  }
  const moved = bills.filter(movedByAQuarter);
  const most = moved.toSorted(mostFirst).slice(0, SHOWN_MAX);
  const names = await customerNames(db, [...new Set(most.map(({ customerId }) => customerId))]);
  const movedCustomers = new Set(moved.map(({ customerId }) => customerId)).size;
  return {
    kind: 'data',
    data: {
      customers,
      moved: movedCustomers,
      movedShare: shareOf(BigInt(movedCustomers), BigInt(customers)),
      most: most.map((bill) => ({ ...bill, name: names.get(bill.customerId)?.name ?? null, change: changeOf(bill) })),
    },
  };
}

function movedByAQuarter({ previousMinor, minor }: TwoBills): boolean {
  return 4n * magnitude(minor - previousMinor) > magnitude(previousMinor);
}

function changeOf({ previousMinor, minor }: TwoBills): bigint | null {
  return shareOf(minor - previousMinor, previousMinor);
}

/** The largest change first; one from nothing is larger than any. */
function mostFirst(a: TwoBills, b: TwoBills): number {
  const [one, other] = [changeOf(a), changeOf(b)];
  if (one === null || other === null) return (one === null ? 0 : 1) - (other === null ? 0 : 1);
  return magnitude(one) === magnitude(other) ? 0 : magnitude(one) > magnitude(other) ? -1 : 1;
}

function magnitude(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
