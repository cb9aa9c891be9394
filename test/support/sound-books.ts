import { expect } from 'vitest';

import { verifyLedger } from '../../src/operations/verify-ledger.ts';
import type { Database } from '../../src/storage/database.ts';

/** The one check after every test with a database: the ledger proves itself from its postings. */
export async function expectSoundBooks(db: Database): Promise<void> {
  const { breaches, verified } = await verifyLedger({ db });
  expect(breaches).toEqual([]);
  expect(verified).toBe(true);
}
