// What a case would do, as people see it before they agree, and as it is kept afterwards: so amounts are text here, credits
// as decimals and money in minor units.
import type { NoteSettlement } from './credit-note-order.ts';

export interface CasePreview {
  /** Null when no money moves. */
  readonly money: MoneyPreview | null;
  readonly credits: {
    /** What the customer gets back or gets in all, besides money: what limits are held against. */
    readonly given: string;
    /** Back on lots, a restored one included. */
    readonly restored: string;
    /** Off the open overage, so it is never billed. */
    readonly overage: string;
    readonly debt: string;
    /** Usage that nobody had paid and that waits no longer. */
    readonly unfunded: string;
    /** Was billed as overage: comes back with the money. */
    readonly byMoney: string;
    /** Newly given. */
    readonly granted: string;
    /** Bought credits that end with the money. */
    readonly clawedBack: string;
    /** Given by mistake and unspent: ends. */
    readonly takenBack: string;
  };
  /** The movements that the books will show; `amount` in `unit`: credits as decimals, money in minor units. */
  readonly books: readonly BookMovement[];
  /** What the customer may be told once it is done. */
  readonly customerText: string;
}

export interface BookMovement {
  readonly entry: string;
  readonly from: string;
  readonly to: string;
  readonly amount: string;
  readonly unit: string;
}

export interface MoneyPreview {
  readonly invoice: string;
  readonly currency: string;
  readonly totalMinor: string;
  readonly taxMinor: string;
  readonly reducesDueMinor: string;
  readonly givenBackMinor: string;
  readonly settlement: NoteSettlement;
  readonly lines: readonly {
    readonly line: string;
    readonly description: string | null;
    readonly amountMinor: string;
    readonly creditableMinor: string;
  }[];
  /** Of the invoice's state that it was computed from. */
  readonly previewHash: string;
}

/** What became of a case. */
export interface CaseResult {
  readonly creditNoteId?: string;
  /** The lot that was opened. */
  readonly lotId?: string;
  readonly restored?: string;
  readonly overage?: string;
  readonly debt?: string;
  readonly unfunded?: string;
  readonly takenBack?: string;
  readonly customerText: string;
}
