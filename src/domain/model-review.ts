// The credit model carries a date on which it is looked at again: credits are a way to launch, not an identity.

export interface ReviewState {
  /** YYYY-MM-DD, UTC; null: nobody has set one. */
  readonly reviewOn: string | null;
  readonly setBy: string | null;
  readonly isOver: boolean;
}

/** The date that stands, and whether its day is past. */
export function reviewState(
  last: { readonly reviewOn: string; readonly setBy: string } | null,
  now: Date,
): ReviewState {
  if (last === null) return { reviewOn: null, setBy: null, isOver: false };
  const { reviewOn, setBy } = last;
  return { reviewOn, setBy, isOver: now.toISOString().slice(0, 10) > reviewOn };
}

/** One sentence for whoever should know; null while the review lies ahead. */
export function reviewWarning({ reviewOn, isOver }: ReviewState): string | null {
  return isOver
    ? `The credit model was to be reviewed on ${reviewOn}: keep, adjust or leave it, and set the next date`
    : null;
}
