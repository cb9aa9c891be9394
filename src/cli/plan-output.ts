import type { CatalogueChange } from '../domain/catalogue-diff.ts';
import type { Finding } from '../domain/finding.ts';
import type { Refused } from '../domain/rejection.ts';
import type { CliContext } from './context.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { json as jsonOf } from './output.ts';

type Json = true | undefined;

/** Findings one a line, `file: place: what. fix` on stderr, or one document on stdout. Returns the exit code. */
export function showFindings(
  context: CliContext,
  { path, json, findings }: { path: string; json: Json; findings: readonly Finding[] },
): number {
  if (json) context.out(jsonOf({ object: 'catalogue_check', valid: false, findings }));
  else for (const finding of findings) context.say(lineOf(path, finding));
  const [first] = findings;
  if (first?.code === 'file_missing') return EXIT.notFound;
  return first?.code === 'unknown_format' ? EXIT.wrongUsage : EXIT.checkFailed;
}

function lineOf(file: string, { path, message, fix }: Finding): string {
  return `${file}: ${path === 'the file' ? '' : `${path}: `}${message} ${fix}`;
}

/** What the operation refused, with the linter's findings where it has them. Returns the exit code. */
export function showRefusal(
  context: CliContext,
  { path, json, refused: { rejected } }: { path: string; json: Json; refused: Refused },
): number {
  const details = 'details' in rejected ? rejected.details : undefined;
  if (rejected.code === 'lint_failed') {
    return showFindings(context, { path, json, findings: details as readonly Finding[] });
  }
  const { code, message } = rejected;
  if (json) context.out(jsonOf({ error: { code, message, ...(details !== undefined && { details }) } }));
  else context.say(message);
  if (code !== 'stripe_refused' || details === undefined) return exitCodeOf(rejected);
  // Drift that blocks is listed; anything else that carries details is a key without the right.
  return Array.isArray(details) ? EXIT.checkFailed : EXIT.notPermitted;
}

/** Whether a push would do anything about it. */
export function isChange({ kind }: CatalogueChange): boolean {
  return kind !== 'unchanged';
}

const SIGNS: Readonly<Record<CatalogueChange['kind'], string>> = {
  create: '+',
  adopt: '&',
  version: '~',
  drift: '!',
  withdraw: '-',
  unchanged: '=',
};

/** The changes one a line, or one document with all of them; what is unchanged is only counted on a terminal. */
export function showChanges(
  context: CliContext,
  { json, changes, document }: { json: Json; changes: readonly CatalogueChange[]; document: object },
): void {
  if (json) {
    context.out(jsonOf({ ...document, changes }));
    return;
  }
  const changed = changes.filter(isChange);
  for (const { kind, object, key, detail } of changed) {
    context.out(`${SIGNS[kind]} ${kind.padEnd(8)} ${object.padEnd(7)} ${key}: ${detail}`);
  }
  context.out(`${changed.length} to do, ${changes.length - changed.length} unchanged`);
}
