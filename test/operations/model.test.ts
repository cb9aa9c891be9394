import fc from 'fast-check';
import { expect, test } from 'vitest';

import { verifyLedger } from '../../src/operations/verify-ledger.ts';
import { storePackVersion } from '../../src/storage/catalogues.ts';
import { transaction } from '../../src/storage/database.ts';
import { inSnapshot } from '../../src/storage/row-stream.ts';
import { takeFingerprints } from '../../src/storage/verification/fingerprints.ts';
import { openBooks, planWith } from '../support/books.ts';
import { pack10k } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { newId } from '../support/deps.ts';
import { COMMANDS, type Real } from '../support/model-commands.ts';
import { type ModelRules, newModel } from '../support/reference-model.ts';

/** `npm run test:model` asks for more. */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 60);
const START = '2026-04-10T09:00:00.000Z';
const PACK = { priceId: 'price_pack-30', credits: 30 };

const { database } = await cloneDatabase();
const PLANS: Readonly<Record<string, ModelRules>> = {
  capped: {
    included: 40,
    overageCap: 40,
    debtLimit: 10,
    excess: 'allow',
    paydown: true,
    packDays: 10,
    rollsPercent: 0,
  },
  unpaying: {
    included: 20,
    overageCap: 40,
    debtLimit: 0,
    excess: 'clip',
    paydown: false,
    packDays: 10,
    rollsPercent: 100,
  },
  blocking: {
    included: 40,
    overageCap: null,
    debtLimit: 25,
    excess: 'allow',
    paydown: true,
    packDays: 10,
    rollsPercent: 50,
  },
  strict: {
    included: 60,
    overageCap: null,
    debtLimit: 0,
    excess: 'refuse',
    paydown: true,
    packDays: 10,
    rollsPercent: 0,
  },
};
const books = await openBooks(database, {
  plans: Object.entries(PLANS).map(([plan, rules]) =>
    planWith(
      plan,
      {
        zeroBalance: rules.overageCap === null ? 'block' : 'overage',
        overageCap: rules.overageCap === null ? null : String(rules.overageCap),
        debtLimit: String(rules.debtLimit),
        paydown: rules.paydown,
        rollover:
          rules.rollsPercent === 0
            ? 'none'
            : { capPercent: rules.rollsPercent, capCredits: null, periods: 1, priority: null },
        hold: { ttlSeconds: 900, excess: rules.excess },
      },
      { includedCredits: String(rules.included) },
    ),
  ),
});
await transaction(database, async (trx) =>
  storePackVersion(trx, {
    packVersionId: newId(),
    unit: 'credit',
    content: { ...pack10k, pack: 'pack-30', credits: '30', amountMinor: 300, expiresAfterDays: 10 },
    stripeProductId: 'prod_pack-30',
    stripePriceId: PACK.priceId,
    at: new Date('2020-01-01T00:00:00Z'),
  }),
);

test(
  'INV-06 after every command of a random story the database says what an independent model says',
  { timeout: 60_000 + RUNS * 5_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(PLANS)),
        fc.commands(COMMANDS, { maxCommands: 40, size: 'max' }),
        async (plan, commands) => {
          await books.at(START);
          const customer = await books.subscribe(plan);
          const rules = PLANS[plan];
          if (rules === undefined) throw new Error(`no rules for ${plan}`);
          const real: Real = { books, customer, pack: PACK, holdIds: [], usageIds: [] };
          await fc.asyncModelRun(() => ({ model: newModel(rules, Date.parse(START)), real }), commands);
          expect((await verifyLedger({ db: database }, { customer })).breaches).toEqual([]);
        },
      ),
      { numRuns: RUNS },
    );
    // Nor does any of these stories make the quick look at all books read them row by row.
    expect(await inSnapshot(database, async (snapshot) => takeFingerprints(snapshot))).toMatchObject({ agrees: true });
  },
);
