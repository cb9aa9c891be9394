// The launch ladder: an action is first only observed, then drawn in shadow books, then enforced. Up goes one rung at a
// time and through the gate; down goes at once.

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
