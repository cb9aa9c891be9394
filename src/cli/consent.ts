import { createInterface } from 'node:readline/promises';

import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';

export type Consent =
  | { readonly given: true }
  | { readonly given: false; readonly reason: string; readonly exitCode: number };

export interface ConsentOptions {
  readonly yes?: true;
  readonly live?: true;
}

/** Asks before something is done. A live account needs the typed word, or --live beside --yes. */
export async function askConsent(
  { config }: CliContext,
  { yes, live }: ConsentOptions,
  asked: { readonly question: string; readonly toLive: string; readonly otherwise: string },
): Promise<Consent> {
  const isLive = config.stripe.mode === 'live';
  if (yes && (!isLive || live)) return { given: true };
  const refusal = { given: false, exitCode: EXIT.wrongUsage } as const;
  if (yes) return { ...refusal, reason: 'This is a live Stripe account: say --live --yes.' };
  if (!process.stdin.isTTY) return { ...refusal, reason: 'Nobody is here to ask: say --yes, or --dry-run to look.' };
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(isLive ? `Type live to ${asked.toLive}: ` : `${asked.question} [y/N] `);
  prompt.close();
  if (answer.trim().toLowerCase() === (isLive ? 'live' : 'y')) return { given: true };
  return { given: false, reason: asked.otherwise, exitCode: EXIT.done };
}
