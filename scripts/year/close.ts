// A month's end as finance does it: look at what differs, repair or explain what hands did, and two people sign.
import { endGrant, idOf } from './at-stripe.ts';
import type { Answer, Firm } from './firm.ts';
import type { Hand } from './lives.ts';
import type { LogEntry, YearLog } from './log.ts';

export interface Closed {
  readonly closed: boolean;
  /** Variances that neither a repair nor a person who knows of the hand explains, as the checklist has them. */
  readonly unexplained: readonly string[];
  readonly repaired: number;
  readonly explained: number;
}

interface Variance {
  readonly id: string;
  readonly customer: string | null;
  readonly subject: string;
  readonly class: string;
  readonly amount: string | null;
  readonly ours: string | null;
  readonly theirs: string | null;
}

/** What is left as it is where somebody knows of the hand behind it, with why. Everything else is repaired or stays open. */
const EXPLAINED: Readonly<Record<string, readonly [hands: readonly Hand[], note: string]>> = {
  meter_events_foreign: [
    ['meter_event'],
    'a load test by hand; the invoice asks for what the ledger says all the same',
  ],
  usage_quantity: [['meter_event'], 'a load test by hand; an item on the invoice took its money off'],
  credits_applied: [
    ['foreign_grant', 'void_grant', 'meter_event'],
    'a grant or an event by hand reached the invoice; what it asks for is right, or was put right',
  ],
  invoice_owed: [['foreign_grant'], 'a gift in the dashboard reached the invoice before it was found'],
  credit_note_spent: [
    ['refund_of_pack'],
    'a refund in the dashboard paid for credits that were spent; it stays as goodwill',
  ],
  seats_prorated_away: [['prorated_seat'], 'a seat was taken away in the dashboard; its credits stay as goodwill'],
};

const ROUNDS_MAX = 3;

/** Closes a month: prepares, repairs and explains until nothing is open, exports, and has two people sign. */
export async function closeMonth(firm: Firm, month: string, log: YearLog): Promise<Closed> {
  const path = `/v1/accounting_periods/${month}`;
  let [repaired, explained] = [0, 0];
  await settleWires(firm);
  await firm.clock.settle();
  let prepared = await firm.asFinance('POST', `${path}/prepare`, { body: {} });
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const open = await openVariances(firm);
    if (open.length === 0) break;
    const before = repaired + explained;
    for (const variance of open) {
      const outcome = await takeOn(firm, variance, log);
      if (outcome === 'repaired') repaired += 1;
      if (outcome === 'explained') explained += 1;
    }
    if (repaired + explained === before) break;
    await firm.clock.settle();
    prepared = await firm.asFinance('POST', `${path}/prepare`, { body: {} });
  }
  const undone = undoneOf(prepared).filter(({ key }) => !key.startsWith('journal_'));
  const unexplained = (await openVariances(firm)).map(shown);
  if (undone.length > 0) {
    return {
      closed: false,
      unexplained: [...undone.map(({ key, proof }) => `${key}: ${proof}`), ...unexplained],
      repaired,
      explained,
    };
  }
  await must(firm.asFinance('POST', '/v1/journal_exports', { body: { month, target: 'quickbooks' } }));
  await must(
    firm.asFinance('POST', `${path}/confirm`, { body: { what: 'journal_imported', note: `batch of ${month}` } }),
  );
  await must(firm.asFinance('POST', `${path}/request`, { body: {} }));
  const signed = await must(firm.asOwner('POST', `${path}/sign`, { body: {} }));
  return { closed: signed['state'] === 'closed', unexplained, repaired, explained };
}

function undoneOf(close: Answer): readonly { readonly key: string; readonly proof: string }[] {
  const items = close['checklist'] as readonly { key: string; done: boolean; proof: string }[] | undefined;
  if (items === undefined) throw new Error(`the close could not be prepared: ${JSON.stringify(close)}`);
  return items.filter(({ done }) => !done);
}

async function openVariances({ asFinance }: Firm): Promise<readonly Variance[]> {
  const answer = await asFinance('GET', '/v1/variances?state=open&limit=100');
  return answer['data'] as readonly Variance[];
}

function shown({ class: kind, subject, customer, ours, theirs, amount }: Variance): string {
  return `${kind} ${subject} of ${customer ?? 'nobody'}: ours ${ours}, theirs ${theirs}, ${amount}`;
}

/** What stands in the clearing accounts since wires paid invoices, and refunds that came back, is on the bank statement. */
async function settleWires({ asFinance }: Firm): Promise<void> {
  const { data } = await asFinance('GET', '/v1/clearing');
  for (const { customer, stripe_object: object, account, kind } of data as readonly Record<string, string>[]) {
    const failed = account === 'refund_clearing' && kind?.includes('failed') === true;
    if (account !== 'out_of_band_clearing' && !failed) continue;
    await must(
      asFinance('POST', '/v1/clearing/settle', { body: { customer, object, reason: 'on the bank statement' } }),
    );
  }
}

async function takeOn(
  firm: Firm,
  { id, customer, subject }: Variance,
  log: YearLog,
): Promise<'repaired' | 'explained' | 'left'> {
  const [kind = '', object = ''] = subject.split(' ');
  if (['grant_ended_there', 'grants_total'].includes(kind)) {
    await must(firm.asFinance('POST', `/v1/customers/${customer}/true_up`));
    return 'repaired';
  }
  if (kind === 'grant_foreign') {
    await endGrant(firm, object);
    log.write(await later(firm, customer, { what: 'gift_ended' }));
    return 'repaired';
  }
  if (kind.startsWith('catalogue_')) {
    await firm.pushCatalogue();
    return 'repaired';
  }
  if (kind === 'refund_without_note') {
    log.write(await noteRefund(firm, customer, object));
    return 'repaired';
  }
  const [hands = [], note = ''] = EXPLAINED[kind] ?? [];
  const number = await numberOf(firm, customer);
  const isKnown = log.entries.some(
    (entry) => entry.customer === number && hands.some((hand) => hand === handOf(entry)),
  );
  if (!isKnown) return 'left';
  const body = { note, evidence: 'https://tickets.example.com/YEAR' };
  await must(firm.asFinance('POST', `/v1/variances/${id}/explain`, { body }));
  return 'explained';
}

function handOf({ deed, outcome }: LogEntry): Hand | null {
  return deed.what === 'hand' && outcome === 'done' ? deed.hand : null;
}

/** The number that the year knows a customer by. */
async function numberOf({ asFinance }: Firm, customer: string | null): Promise<number> {
  if (customer === null) return -1;
  const { external_id: name } = await must(asFinance('GET', `/v1/customers/${customer}`));
  return Number(String(name).replace('year-', ''));
}

async function later(firm: Firm, customer: string | null, deed: LogEntry['deed']): Promise<LogEntry> {
  const at = (await firm.clock.now()).getTime();
  return { at, customer: await numberOf(firm, customer), deed, outcome: 'done' };
}

/** A credit note that names the refund that another hand made, so that the invoice says what was paid. */
async function noteRefund(firm: Firm, customer: string | null, refund: string): Promise<LogEntry> {
  const { stripe } = firm;
  const { amount, payment_intent: intent } = await stripe.refunds.retrieve(refund);
  const payment = { type: 'payment_intent', payment_intent: idOf(intent) } as const;
  const { data } = await stripe.invoicePayments.list({ payment });
  const invoice = idOf(data[0]?.invoice);
  const refunds = [{ refund, amount_refunded: amount }];
  await stripe.creditNotes.create({ invoice, amount, refunds, email_type: 'none' });
  const noted = await later(firm, customer, { what: 'note_for_refund', minor: amount });
  return { ...noted, of: invoice, minor: amount };
}

async function must(asked: Promise<Answer>): Promise<Answer> {
  const answer = await asked;
  if (answer['error'] !== undefined) throw new Error(JSON.stringify(answer['error']));
  return answer;
}
