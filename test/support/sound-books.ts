import { expect } from 'vitest';

import { verifyLedger } from '../../src/operations/verify-ledger.ts';
import type { Database } from '../../src/storage/database.ts';
import { documentedMovements, postedMovements } from './accounting-manual.ts';

/** The one check after every test with a database: the ledger proves itself, and posted nothing that no manual lists. */
export async function expectSoundBooks(db: Database): Promise<void> {
  const { breaches, verified } = await verifyLedger({ db });
  expect(breaches).toEqual([]);
  expect(verified).toBe(true);
  const known = new Set(documentedMovements('Credits book'));
  expect((await postedMovements(db, 'credit')).filter((movement) => !known.has(movement))).toEqual([]);
}
