// What one row of the launch gate found, before signatures.

export interface GateFinding {
  /** sign_off: no figure decides, a named person has to; not_asked: only on a higher rung. */
  readonly state: 'pass' | 'fail' | 'sign_off' | 'not_asked';
  /** With its figures. */
  readonly proof: string;
  /** What to do; null where nothing is. */
  readonly fix: string | null;
  /** Where it can be looked up: paths of this service. */
  readonly evidence: readonly string[];
}

export function pass(proof: string, evidence: readonly string[]): GateFinding {
  return { state: 'pass', proof, fix: null, evidence };
}

export function fail(proof: string, fix: string, evidence: readonly string[]): GateFinding {
  return { state: 'fail', proof, fix, evidence };
}

export function signOff(proof: string, fix: string, evidence: readonly string[]): GateFinding {
  return { state: 'sign_off', proof, fix, evidence };
}

export function notAsked(proof: string, evidence: readonly string[]): GateFinding {
  return { state: 'not_asked', proof, fix: null, evidence };
}
