// A case's outcome as a JSON document: it has no integers of the size of an amount, and no instants.
import type { Outcome } from '../domain/case.ts';
import type { NoteSettlement } from '../domain/credit-note-order.ts';

type StoredOutcome =
  | { readonly type: 'restore_credits' | 'take_back_credits' }
  | {
      readonly type: 'credit_note';
      readonly lines?: readonly { readonly line: string; readonly amount?: string }[];
      readonly amount?: string;
      readonly settlement: NoteSettlement;
      readonly reverse_usage: boolean;
      readonly memo: string | null;
      readonly email_customer: boolean;
    }
  | {
      readonly type: 'adjust_future_usage';
      readonly amount: string;
      readonly expires_at: string | null;
      readonly features: readonly string[] | null;
    };

export function toStored(outcome: Outcome): Readonly<Record<string, unknown>> {
  return { ...stored(outcome) };
}

function stored(outcome: Outcome): StoredOutcome {
  switch (outcome.type) {
    case 'restore_credits':
    case 'take_back_credits':
      return { type: outcome.type };
    case 'adjust_future_usage': {
      const { type, amount, expiresAt, features } = outcome;
      return { type, amount: amount.toString(), expires_at: expiresAt?.toISOString() ?? null, features };
    }
    case 'credit_note':
      return {
        type: outcome.type,
        settlement: outcome.settlement,
        reverse_usage: outcome.reverseUsage,
        memo: outcome.memo,
        email_customer: outcome.emailCustomer,
        ...(outcome.amountMinor !== undefined && { amount: outcome.amountMinor.toString() }),
        ...(outcome.lines !== undefined && {
          lines: outcome.lines.map(({ invoiceLineId: line, amountMinor }) => ({
            line,
            ...(amountMinor !== undefined && { amount: amountMinor.toString() }),
          })),
        }),
      };
  }
}

export function toOutcome(document: Readonly<Record<string, unknown>>): Outcome {
  const outcome = document as StoredOutcome;
  switch (outcome.type) {
    case 'restore_credits':
    case 'take_back_credits':
      return { type: outcome.type };
    case 'adjust_future_usage': {
      const { type, amount, expires_at: expiresAt, features } = outcome;
      return { type, amount: BigInt(amount), expiresAt: expiresAt === null ? null : new Date(expiresAt), features };
    }
    case 'credit_note':
      return {
        type: outcome.type,
        settlement: outcome.settlement,
        reverseUsage: outcome.reverse_usage,
        memo: outcome.memo,
        emailCustomer: outcome.email_customer,
        ...(outcome.amount !== undefined && { amountMinor: BigInt(outcome.amount) }),
        ...(outcome.lines !== undefined && {
          lines: outcome.lines.map(({ line, amount }) => ({
            invoiceLineId: line,
            ...(amount !== undefined && { amountMinor: BigInt(amount) }),
          })),
        }),
      };
  }
}
