// A case as it is kept: what it is about, what shall be done, who asked, who agreed, what became of it.
import type { Limit } from './approval.ts';
import type { CasePreview, CaseResult } from './case-preview.ts';
import type { CaseKind, CaseState, Evidence, Outcome } from './case.ts';
import type { CustomerKey } from './customer.ts';

/** Who released it: the requester within his limits, a second person, or one person alone by the two ways there are. */
export type Approval = 'within_limits' | 'approved' | 'single_operator' | 'break_glass';

export interface Case extends CustomerKey {
  readonly caseId: string;
  readonly kind: CaseKind;
  readonly state: CaseState;
  readonly evidence: Evidence;
  readonly outcome: Outcome | null;
  readonly openedBy: string;
  readonly openedAt: Date;
  readonly requester: string | null;
  readonly submittedAt: Date | null;
  /** From then on nobody can approve or execute it any more. */
  readonly lapsesAt: Date | null;
  /** Of evidence, outcome and preview: what an approver says yes to. */
  readonly payloadHash: string | null;
  readonly preview: CasePreview | null;
  /** Why a second person is needed. */
  readonly limits: readonly Limit[];
  readonly approval: Approval | null;
  readonly approver: string | null;
  readonly approvedAt: Date | null;
  readonly approvedHash: string | null;
  readonly comment: string | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly result: CaseResult | null;
  /** The sentence why it came back, or does not go on. */
  readonly failure: string | null;
  /** Counts changes. */
  readonly version: number;
}
