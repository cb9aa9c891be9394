// The functions of a host that are told of events, and of which.
import type { AlertKind } from './alert.ts';

/** Null: of every kind. */
export const HOOK_KINDS = {
  onBalanceLow: ['balance.low'],
  onTopUpComplete: ['top_up.completed'],
  onCreditNoteIssued: ['credit_note.issued'],
  onEvent: null,
} as const satisfies Readonly<Record<string, readonly AlertKind[] | null>>;

export type HookName = keyof typeof HOOK_KINDS;

/** A hook that no process has had for so long is told nothing more, and what waits for it is given up. */
export const HOOK_FORGOTTEN_AFTER_DAYS = 7;
