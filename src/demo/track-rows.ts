// The file's requests, sent in the order of time; the clock goes with them from period to period.
import type { Creditpool } from '../client/client.ts';
import type { AnswerOf, InputOf } from '../contract/operations.ts';
import type { BadRow, UsageRow } from './usage-file.ts';

const BATCH_SIZE = 500;
const BATCHES_AT_ONCE = 2;

type UsageEvent = Exclude<InputOf<'track'>, { readonly events: unknown }>;

export interface Tracking {
  readonly customer: string;
  readonly rows: readonly UsageRow[];
  readonly onProgress: (done: number) => void;
}

/** Tracks every row; returns those that the service refused, with its reason. */
export async function trackRows(
  credits: Creditpool,
  { customer, rows, onProgress }: Tracking,
): Promise<readonly BadRow[]> {
  const refused: BadRow[] = [];
  let clock = new Date(0);
  let done = 0;
  while (done < rows.length) {
    const { period } = await credits.getBalance(customer);
    if (period === null) throw new Error('the customer has no running billing period');
    const endsAt = new Date(period.ends_at);
    const segment = rows.slice(done).filter(({ at }) => at < endsAt);
    const next = segment.at(-1)?.at ?? rows[done]?.at;
    if (next === undefined) break;
    // Usage is told after it happened; a period without any is passed over.
    const after = new Date(Math.floor(next.getTime() / 1000) * 1000 + 1000);
    if (clock < after) await credits.moveSandboxClock({ advance_to: after.toISOString() });
    clock = after;
    refused.push(
      ...(await trackSegment(credits, { customer, rows: segment, onProgress: (sent) => onProgress(done + sent) })),
    );
    done += segment.length;
  }
  return refused;
}

async function trackSegment(credits: Creditpool, { customer, rows, onProgress }: Tracking): Promise<readonly BadRow[]> {
  const refused: BadRow[] = [];
  let next = 0;
  let sent = 0;
  const work = async (): Promise<void> => {
    while (next < rows.length) {
      const batch = rows.slice(next, next + BATCH_SIZE);
      next += batch.length;
      const answer = await credits.track({ events: batch.map((row) => toEvent(customer, row)) });
      refused.push(...refusals(batch, answer));
      sent += batch.length;
      onProgress(sent);
    }
  };
  await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, work));
  return refused;
}

function toEvent(customer: string, { line, at, contextTokens, generatedTokens }: UsageRow): UsageEvent {
  return {
    id: `line-${line}`,
    source: 'demo',
    customer,
    action: 'llm.complete',
    quantities: { input_tokens: contextTokens.toString(), output_tokens: generatedTokens.toString() },
    occurred_at: at.toISOString(),
  };
}

function refusals(
  batch: readonly UsageRow[],
  { results }: Extract<AnswerOf<'track'>, { readonly results: unknown }>,
): readonly BadRow[] {
  return results.flatMap((result, index) => {
    const line = batch[index]?.line ?? 0;
    return result.status === 'applied'
      ? []
      : [{ line, reason: 'error' in result ? result.error.message : result.status }];
  });
}
