// The figures that a year ends with, and where they differ, whose.
import { deferredByCustomer, type Invoiced, invoicedAtStripe, lotsByCustomer } from './books.ts';
import { catalogue } from './catalogue.ts';
import type { Firm } from './firm.ts';
import type { Known } from './known.ts';
import type { LogEntry, YearLog } from './log.ts';
import { expectedCharges } from './recompute.ts';

/** What is printed: exactly this. */
export interface YearResult {
  readonly months_closed: number;
  readonly customers: number;
  readonly unexplained: number;
  readonly deferred_minor: number;
  readonly lots_minor: number;
  readonly invoices: number;
  readonly charged_minor: number;
  readonly expected_minor: number;
}

/** Nothing unexplained, every month closed, and the figures are one another. */
export function isSound(result: YearResult, months: number): boolean {
  return (
    result.months_closed === months &&
    result.unexplained === 0 &&
    result.deferred_minor === result.lots_minor &&
    result.charged_minor === result.expected_minor
  );
}

/** How a year stands. */
export interface Year {
  readonly log: YearLog;
  readonly known: ReadonlyMap<number, Known>;
  readonly customers: number;
  readonly say: (line: string) => void;
  monthsClosed: number;
  unexplained: number;
}

/** Adds up what stands at Stripe, in the books and in the log; says of each customer who differs how. */
export async function addUp(firm: Firm, year: Year): Promise<YearResult> {
  const { log, known, say } = year;
  const now = await firm.clock.now();
  const invoiced = await invoicedAtStripe(firm);
  const lives = Map.groupBy(log.entries, ({ customer }) => customer);
  let [charged, expected] = [0, 0];
  for (const [customer, who] of known) {
    const actual = invoiced.get(who.stripeCustomer) ?? [];
    const wanted = expectedCharges(catalogue, lives.get(customer) ?? [], now.getTime());
    charged += total(actual);
    expected += total(wanted);
    if (total(actual) !== total(wanted))
      for (const line of difference(customer, actual, wanted, lives.get(customer) ?? [])) say(line);
  }
  const through = new Date(now);
  through.setUTCHours(0, 0, 0, 0);
  const [deferred, lots] = [await deferredByCustomer(firm), await lotsByCustomer(firm, through)];
  for (const [customer, minor] of deferred) {
    if (minor !== (lots.get(customer) ?? 0))
      say(`${customer}: ${minor} are deferred, its lots have ${lots.get(customer) ?? 0}`);
  }
  return {
    months_closed: year.monthsClosed,
    customers: year.customers,
    unexplained: year.unexplained,
    deferred_minor: sum(deferred.values()),
    lots_minor: sum(lots.values()),
    invoices: [...invoiced.values()].flat().filter(({ what }) => !what.startsWith('note')).length,
    charged_minor: charged,
    expected_minor: expected,
  };
}

function sum(amounts: Iterable<number>): number {
  return [...amounts].reduce((all, amount) => all + amount, 0);
}

function total(amounts: readonly { readonly minor: number }[]): number {
  return sum(amounts.map(({ minor }) => minor));
}

function difference(
  customer: number,
  actual: readonly Invoiced[],
  wanted: readonly { at: number; what: string; minor: number }[],
  entries: readonly LogEntry[],
): readonly string[] {
  const line = ({ at, what, minor }: { at: number; what: string; minor: number }): string =>
    `    ${new Date(at).toISOString().slice(0, 16)} ${what} ${minor}`;
  const byTime = <Row extends { at: number }>(rows: readonly Row[]): readonly Row[] =>
    rows.toSorted((a, b) => a.at - b.at);
  return [
    `customer ${customer} (${JSON.stringify(entries[0]?.deed)}) was charged ${total(actual)}, expected ${total(wanted)}`,
    '  charged:',
    ...byTime(actual).map(line),
    '  expected:',
    ...byTime(wanted).map(line),
  ];
}
