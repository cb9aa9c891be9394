// What is known of a customer on the way, and what came of a deed.
/** What is known of a customer on the way. */
export interface Known {
  readonly stripeCustomer: string;
  readonly subscription: string;
  /** Invoices of packs that were paid, the newest last. */
  readonly packs: string[];
  /** Uses that were told, of the running cycle and plan, the newest last. */
  uses: { readonly id: string; readonly cycleEnd: number }[];
  declinedPack: { readonly invoice: string; readonly later: 'paid' | 'voided' } | null;
  dispute: string | null;
}

/** What came of a deed: done, or why it was not. What it refers to is the host's own name for it. */
export interface Outcome {
  readonly outcome: 'done' | 'refused' | 'nothing';
  readonly why?: string;
  /** Of a reversal: the use that was undone. Of a note, a refund, a void: its invoice. */
  readonly of?: string;
  /** What a person named, minor units. */
  readonly minor?: number;
}

export const DONE: Outcome = { outcome: 'done' };
export const NOTHING: Outcome = { outcome: 'nothing' };

export function answered(answer: Readonly<Record<string, unknown>>): Outcome {
  const error = answer['error'] as { readonly code: string; readonly message: string } | undefined;
  return error === undefined ? DONE : { outcome: 'refused', why: `${error.code}: ${error.message}` };
}
