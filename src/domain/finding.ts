/** One thing that is wrong with a catalogue: its place in the file, a stable code, what is wrong, what to do. */
export interface Finding {
  /** "plans[0].policy.overageCap" */
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}
