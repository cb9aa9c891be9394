import type { Refused } from '../domain/rejection.ts';
import { createLog } from '../log.ts';
import { openBooks, type OpenBooks } from '../sandbox/open-books.ts';
import type { CliContext } from './context.ts';
import { exitCodeOf } from './exit-codes.ts';
import { json } from './output.ts';

export interface Needs {
  readonly stripe: boolean;
  /** Only GETs, and so many a second. */
  readonly readsPerSecond?: number;
}

/** Opens what a command works on, closes it whatever happens, and ends with the work's exit code. */
export async function withBooks(
  { config }: CliContext,
  { stripe, readsPerSecond }: Needs,
  work: (deps: OpenBooks) => Promise<number>,
): Promise<void> {
  const log = createLog({ level: config.logLevel === 'info' ? 'warn' : config.logLevel, to: 'stderr' });
  const deps = await openBooks({
    config,
    log,
    withStripe: stripe,
    ...(readsPerSecond !== undefined && { readsPerSecond }),
  });
  try {
    process.exitCode = await work(deps);
  } finally {
    await deps.close();
  }
}

/** A refusal in one sentence, or as the document that was asked for. */
export function showRefusal(context: CliContext, { rejected }: Refused, asJson: boolean): number {
  if (asJson) context.out(json({ error: rejected }));
  else context.say(rejected.message);
  return exitCodeOf(rejected);
}
