// A Stripe credit note as it was fetched. Its line amounts are gross: discounts and the line's share of applied billing
// credits come off, and only what is left is money (stripe-facts: docs, credit note line item).

export interface CreditNoteLine {
  readonly lineId: string;
  /** The invoice line it credits; null when it names none. */
  readonly invoiceLineId: string | null;
  readonly description: string | null;
  readonly amountMinor: bigint;
  readonly discountMinor: bigint;
  readonly creditsMinor: bigint;
  readonly taxMinor: bigint;
  readonly inclusiveTaxMinor: bigint;
}

export interface CreditNote {
  readonly creditNoteId: string;
  readonly invoiceId: string;
  readonly stripeCustomerId: string;
  readonly number: string | null;
  readonly status: string;
  readonly reason: string | null;
  readonly currency: string;
  readonly totalMinor: bigint;
  /** The part that reduced what was still open. */
  readonly prePaymentMinor: bigint;
  readonly postPaymentMinor: bigint;
  readonly refundMinor: bigint;
  readonly customerBalanceMinor: bigint;
  readonly outOfBandMinor: bigint;
  readonly createdAt: Date;
  readonly voidedAt: Date | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly lines: readonly CreditNoteLine[];
  /** All of it as it came, JSON text. */
  readonly object: string;
}

/** What a line gives back in money, without tax. */
export function noteLineNet(line: CreditNoteLine): bigint {
  return line.amountMinor - line.discountMinor - line.creditsMinor - line.inclusiveTaxMinor;
}

/** What a line gives back in money, with tax. */
export function noteLineTotal(line: CreditNoteLine): bigint {
  return noteLineNet(line) + line.taxMinor;
}

interface Creditable {
  readonly lineId: string;
  /** After discounts, credits and inclusive tax, minor units. */
  readonly netMinor: bigint;
}

/**
 * A note by amount names no line: what it gives back comes off the invoice's lines in their order, each up to what it asks
 * for, so that what is earned of each is known. A part with tax or discounts of its own goes to one line as a whole.
 */
export function withLinesNamed(note: CreditNote, asked: readonly Creditable[]): CreditNote {
  const lines = asked.filter(({ netMinor }) => netMinor > 0n);
  return { ...note, lines: note.lines.flatMap((line) => (line.invoiceLineId === null ? spread(line, lines) : [line])) };
}

function spread(line: CreditNoteLine, lines: readonly Creditable[]): readonly CreditNoteLine[] {
  const [first] = lines;
  if (first === undefined) return [line];
  if (lines.length === 1) return [{ ...line, invoiceLineId: first.lineId }];
  if (noteLineTotal(line) !== line.amountMinor) return [line];
  const parts: CreditNoteLine[] = [];
  let left = line.amountMinor;
  for (const { lineId, netMinor } of lines) {
    const amountMinor = netMinor < left ? netMinor : left;
    if (amountMinor > 0n) parts.push({ ...line, invoiceLineId: lineId, amountMinor });
    left -= amountMinor;
  }
  return left > 0n ? [...parts, { ...line, amountMinor: left }] : parts;
}
