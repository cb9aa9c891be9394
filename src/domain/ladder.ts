// The launch ladder: an action is first only observed, then drawn in shadow books, then enforced. Up goes one rung at a
// time and through the gate; down goes at once.
import { listed } from './phrases.ts';

export const ACTION_MODES = ['observe', 'shadow', 'enforce'] as const;
export type ActionMode = (typeof ACTION_MODES)[number];

/** The rung above; null on the top. */
export function rungAbove(mode: ActionMode): ActionMode | null {
  return ACTION_MODES[ACTION_MODES.indexOf(mode) + 1] ?? null;
}

export function isBelow(mode: ActionMode, other: ActionMode): boolean {
  return ACTION_MODES.indexOf(mode) < ACTION_MODES.indexOf(other);
}

/** What each rung does, for people. */
export const MODE_WORDS: Readonly<Record<ActionMode, string>> = {
  observe: 'stored and rated; no balance moves, nothing is sent, nothing is refused',
  shadow: 'would-be draws in books of their own; nothing is sent, nothing is refused',
  enforce: 'drawn, metered and billed; refused where the plan says so',
};

/** Which actions stand below `enforce`, and whether any stands on it. */
export interface NotEnforced {
  readonly observe: readonly string[];
  readonly shadow: readonly string[];
  readonly nothingEnforced: boolean;
}

const NAMED_MAX = 3;

/** What operators see on each page while something is only watched; null where everything is enforced. */
export function watchedBanner({ observe, shadow, nothingEnforced }: NotEnforced): string | null {
  if (observe.length + shadow.length === 0) return null;
  if (nothingEnforced && shadow.length === 0) return 'OBSERVE – nothing is posted';
  if (nothingEnforced && observe.length === 0)
    return 'SHADOW – nothing is posted; would-be draws stand in books of their own';
  return [
    observe.length === 0 ? null : `OBSERVE – nothing is posted for ${named(observe)}`,
    shadow.length === 0 ? null : `SHADOW – only would-be draws for ${named(shadow)}`,
  ]
    .filter((part) => part !== null)
    .join(' · ');
}

/** The same for whoever owns the balance, to whom it makes no difference which rung it is; `words` names an action. */
export function watchedNotice(
  { observe, shadow, nothingEnforced }: NotEnforced,
  words: (action: string) => string,
): string | null {
  const watched = [...observe, ...shadow];
  if (watched.length === 0) return null;
  if (nothingEnforced)
    return 'Use is only observed for now: nothing is taken from these credits, and nothing is billed.';
  const what = named(watched.map(words));
  return `For now ${what} ${watched.length === 1 ? 'is' : 'are'} only observed: nothing is taken from these credits for it.`;
}

function named(names: readonly string[]): string {
  const rest = names.length - NAMED_MAX;
  return rest <= 0 ? listed(names) : listed([...names.slice(0, NAMED_MAX), `${rest} more`]);
}
