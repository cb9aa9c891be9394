// What operations are given in tests, also in the processes that tests start and kill.
import { typeid } from 'typeid-js';

import { parseCredits } from '../../src/domain/amount.ts';
import type { Deps } from '../../src/operations/deps.ts';
import type { Database } from '../../src/storage/database.ts';
import { connectStripe } from '../../src/stripe/gateway.ts';

/** A new UUID of version 7, as the product makes them. */
export function newId(): string {
  return typeid().toUUID();
}

/** Everything that operations need; Stripe is nowhere to be reached. */
export function testDeps(db: Database): Deps {
  const silent = (): void => undefined;
  return {
    db,
    stripe: connectStripe({ secretKey: 'sk_test_nobody', host: '127.0.0.1', port: 9, protocol: 'http' }),
    newId,
    log: { info: silent, warn: silent, error: silent },
    settings: { cutOffMinutes: 45, meterWindowMinutes: 60 },
  };
}

/** "27.5" as micro-credits. */
export function credits(text: string): bigint {
  const micro = parseCredits(text);
  if (micro === null) throw new Error(`${text} is not an amount of credits`);
  return micro;
}
