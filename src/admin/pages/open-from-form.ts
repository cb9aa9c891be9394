import { caseOpening, toEvidence, toOutcome } from '../../contract/cases.ts';
import type { Case } from '../../domain/case-record.ts';
import type { Refused, Rejection } from '../../domain/rejection.ts';
import { openCase } from '../../operations/cases/open-case.ts';
import type { ConsoleContext } from '../console-context.ts';
import type { PageRequest } from '../page-route.ts';

/** Opens the case that a form describes; a second click on the same form finds the first one's case. */
export async function openFromForm(
  context: ConsoleContext,
  { acting, form }: PageRequest,
  asked: object,
): Promise<Case | Refused> {
  const read = caseOpening.safeParse(asked);
  if (!read.success) return { rejected: misread(read.error.issues) };
  if (read.data.ticket === null) return { rejected: NO_TICKET };
  const { customer, kind, outcome } = read.data;
  return openCase(context.deps, acting, {
    customer,
    kind,
    evidence: toEvidence(read.data),
    outcome: outcome === undefined ? null : toOutcome(outcome),
    idempotencyKey: onceKey(form),
  });
}

/** The key of a form that was shown: one for each time it was opened. */
function onceKey(form: URLSearchParams): string {
  return `console:${(form.get('once') ?? '').slice(0, 100)}`;
}

const NO_TICKET: Rejection = {
  code: 'evidence_missing',
  message: 'give the number of the ticket',
  param: 'ticket',
};

/** The first thing that the schema finds wrong, tied to the field of the form. */
function misread(issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): Rejection {
  const [issue] = issues;
  const param = issue?.path.filter((part) => typeof part === 'string' && part !== 'outcome').at(-1);
  return {
    code: 'invalid_request',
    message: issue === undefined ? 'the form cannot be read' : issue.message,
    ...(typeof param === 'string' && { param }),
  };
}
