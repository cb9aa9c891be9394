// Invoices: the mirror against Stripe, down to lines and payments, and Stripe's numbers against its own rules.
import { amountDiffers, type Comparison, type Difference, factDiffers, paired } from '../reconciliation.ts';
import type { InvoiceLineThere, InvoiceThere } from '../statement.ts';
import type { VarianceKindName } from '../variance-kinds.ts';

export interface InvoiceLineHere {
  readonly lineId: string;
  readonly amountMinor: bigint;
  readonly discountsMinor: bigint;
  readonly creditsAppliedMinor: bigint;
  readonly taxMinor: bigint;
}

export interface InvoiceHere {
  readonly invoiceId: string;
  readonly status: string;
  readonly currency: string;
  readonly subtotalMinor: bigint;
  readonly discountsMinor: bigint;
  readonly creditsAppliedMinor: bigint;
  readonly taxMinor: bigint;
  readonly totalMinor: bigint;
  readonly startingBalanceMinor: bigint;
  readonly endingBalanceMinor: bigint | null;
  readonly amountDueMinor: bigint;
  readonly amountPaidMinor: bigint;
  readonly amountRemainingMinor: bigint;
  readonly lines: readonly InvoiceLineHere[];
  readonly payments: readonly { readonly invoicePaymentId: string; readonly amountPaidMinor: bigint }[];
  readonly isPosted: boolean;
  /** Money moved by it: an invoice of nothing has nothing to post. */
  readonly hasMoney: boolean;
  /** Paid lines that sell credits and opened no lot. */
  readonly lotsMissing: readonly string[];
}

/** `waiting`: ids of objects that an event in the inbox is about. */
export function compareInvoices(
  ours: readonly InvoiceHere[],
  theirs: readonly InvoiceThere[],
  waiting: ReadonlySet<string>,
): Comparison {
  const { both, onlyOurs, onlyTheirs } = paired(
    ours,
    theirs,
    ({ invoiceId }) => invoiceId,
    ({ invoiceId }) => invoiceId,
  );
  const differences = [
    ...both.flatMap(([here, there]) => [...invoiceDiffers(here, there, waiting), ...identityBreaks(there)]),
    ...both.filter(([{ invoiceId }]) => !waiting.has(invoiceId)).flatMap(([here]) => unposted(here)),
    ...onlyOurs.map(({ invoiceId, status }) =>
      factDiffers('invoice_missing_there', invoiceId, { ours: status, theirs: null }),
    ),
    ...onlyTheirs.map(({ invoiceId, status }) =>
      waiting.has(invoiceId)
        ? factDiffers('invoice_behind', invoiceId, { ours: null, theirs: status }, IN_THE_INBOX)
        : factDiffers('invoice_unmirrored', invoiceId, { ours: null, theirs: status }),
    ),
  ];
  const lines = theirs.reduce((sum, invoice) => sum + invoice.lines.length + invoice.payments.length, 0);
  return { compared: theirs.length + onlyOurs.length + lines, differences };
}

/** Two invoices that stand for one cycle of one subscription would charge it twice. */
export function compareCycleInvoices(
  billingPeriodId: string,
  settledInvoiceId: string,
  standing: readonly string[],
): Comparison {
  const others = standing.filter((id) => id !== settledInvoiceId);
  return {
    compared: 1,
    differences: others.map((id) =>
      factDiffers('invoice_twice', `${billingPeriodId} ${id}`, { ours: settledInvoiceId, theirs: id }),
    ),
  };
}

/** A draft that the gate holds: it will not go out as it is before somebody decides. */
export function compareHeldDrafts(
  held: readonly { readonly invoiceId: string; readonly reason: string }[],
): Comparison {
  return {
    compared: held.length,
    differences: held.map(({ invoiceId, reason }) =>
      factDiffers('invoice_held', invoiceId, { ours: reason, theirs: 'draft' }),
    ),
  };
}

const MONEY = [
  'subtotalMinor',
  'discountsMinor',
  'creditsAppliedMinor',
  'taxMinor',
  'totalMinor',
  'amountDueMinor',
  'amountPaidMinor',
  'amountRemainingMinor',
] as const;

const IN_THE_INBOX = 'An event about it waits in the inbox.';

function invoiceDiffers(here: InvoiceHere, there: InvoiceThere, waiting: ReadonlySet<string>): readonly Difference[] {
  const object = here.invoiceId;
  if (here.currency !== there.currency) {
    return [factDiffers('invoice_currency', object, { ours: here.currency, theirs: there.currency })];
  }
  const differing = MONEY.filter((field) => here[field] !== there[field]);
  const sameState = here.status === there.status;
  const same = differing.length === 0 && sameState;
  if (waiting.has(object)) {
    const states = { ours: here.status, theirs: there.status };
    return same ? [] : [factDiffers('invoice_behind', object, states, IN_THE_INBOX)];
  }
  // A draft that runs shows usage as it comes; nobody is told of each change, and nothing is posted from it.
  if (here.status === 'draft' && there.status === 'draft') return [];
  if (!sameState) return [factDiffers('invoice_stale', object, { ours: here.status, theirs: there.status })];
  return [
    ...differing.map((field) =>
      amountDiffers('invoice_amount', `${object} ${field.replace('Minor', '')}`, {
        ours: here[field],
        theirs: there[field],
        unit: there.currency,
      }),
    ),
    ...linesDiffer(here, there),
    ...paymentsDiffer(here, there),
  ];
}

function linesDiffer(here: InvoiceHere, there: InvoiceThere): readonly Difference[] {
  const { both, onlyOurs, onlyTheirs } = paired(
    here.lines,
    there.lines,
    ({ lineId }) => lineId,
    ({ lineId }) => lineId,
  );
  const named = (lineId: string): string => `${here.invoiceId} ${lineId}`;
  return [
    ...both
      .filter(([ours, theirs]) => lineFacts(ours) !== lineFacts(theirs))
      .map(([ours, theirs]) =>
        amountDiffers('invoice_line_amount', named(ours.lineId), {
          ours: net(ours),
          theirs: net(theirs),
          unit: there.currency,
        }),
      ),
    ...onlyOurs.map((line) =>
      factDiffers('invoice_line_missing_there', named(line.lineId), { ours: lineFacts(line), theirs: null }),
    ),
    ...onlyTheirs.map((line) =>
      factDiffers('invoice_line_missing_here', named(line.lineId), { ours: null, theirs: lineFacts(line) }),
    ),
  ];
}

type LineMoney = Pick<InvoiceLineHere, 'amountMinor' | 'discountsMinor' | 'creditsAppliedMinor' | 'taxMinor'>;

function lineFacts({ amountMinor, discountsMinor, creditsAppliedMinor, taxMinor }: LineMoney): string {
  return `${amountMinor} −${discountsMinor} −${creditsAppliedMinor} tax ${taxMinor}`;
}

function net({ amountMinor, discountsMinor, creditsAppliedMinor }: LineMoney): bigint {
  return amountMinor - discountsMinor - creditsAppliedMinor;
}

function paymentsDiffer(here: InvoiceHere, there: InvoiceThere): readonly Difference[] {
  const paid = there.payments.filter(({ amountPaidMinor }) => amountPaidMinor > 0n);
  const { both, onlyOurs, onlyTheirs } = paired(
    here.payments.filter(({ amountPaidMinor }) => amountPaidMinor > 0n),
    paid,
    ({ invoicePaymentId }) => invoicePaymentId,
    ({ invoicePaymentId }) => invoicePaymentId,
  );
  const one = (kind: VarianceKindName, id: string, ours: bigint | null, theirs: bigint | null): Difference =>
    factDiffers(kind, `${here.invoiceId} ${id}`, {
      ours: ours?.toString() ?? null,
      theirs: theirs?.toString() ?? null,
    });
  return [
    ...both
      .filter(([ours, theirs]) => ours.amountPaidMinor !== theirs.amountPaidMinor)
      .map(([ours, theirs]) =>
        amountDiffers('invoice_payment_amount', `${here.invoiceId} ${ours.invoicePaymentId}`, {
          ours: ours.amountPaidMinor,
          theirs: theirs.amountPaidMinor,
          unit: there.currency,
        }),
      ),
    ...onlyOurs.map((it) => one('invoice_payment_missing_there', it.invoicePaymentId, it.amountPaidMinor, null)),
    ...onlyTheirs.map((it) => one('invoice_payment_missing_here', it.invoicePaymentId, null, it.amountPaidMinor)),
  ];
}

function unposted({ invoiceId, status, isPosted, hasMoney, lotsMissing }: InvoiceHere): readonly Difference[] {
  if (status === 'draft' || status === 'void') return [];
  const differences = lotsMissing.map((line) =>
    factDiffers('invoice_without_lot', `${invoiceId} ${line}`, { ours: 'no lot', theirs: status }),
  );
  if (hasMoney && !isPosted) {
    differences.push(factDiffers('invoice_unposted', invoiceId, { ours: 'no entry', theirs: status }));
  }
  return differences;
}

/** stripe-facts §7.2; a draft's balances are not settled yet. */
function identityBreaks(invoice: InvoiceThere): readonly Difference[] {
  if (invoice.status === 'draft') return [];
  const sum = (of: (line: InvoiceLineThere) => bigint): bigint =>
    invoice.lines.reduce((total, line) => total + of(line), 0n);
  const exclusiveTax = sum((line) => line.taxMinor - line.inclusiveTaxMinor);
  const total = sum((line) => line.amountMinor) - invoice.discountsMinor - invoice.creditsAppliedMinor + exclusiveTax;
  const open = invoice.amountDueMinor - invoice.amountPaidMinor;
  const rules: readonly (readonly [string, bigint, bigint])[] = [
    ['total', total, invoice.totalMinor],
    ['credits applied', sum((line) => line.creditsAppliedMinor), invoice.creditsAppliedMinor],
    ['amount remaining', open > 0n ? open : 0n, invoice.amountRemainingMinor],
    ...(invoice.endingBalanceMinor === null
      ? []
      : ([
          [
            'amount due',
            invoice.totalMinor + invoice.startingBalanceMinor - invoice.endingBalanceMinor - invoice.preNotesMinor,
            invoice.amountDueMinor,
          ],
        ] as const)),
  ];
  return rules
    .filter(([, expected, found]) => expected !== found)
    .map(([rule, expected, found]) =>
      amountDiffers('invoice_identity', `${invoice.invoiceId} ${rule}`, {
        ours: expected,
        theirs: found,
        unit: invoice.currency,
      }),
    );
}
