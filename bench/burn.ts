// Draws on one hot pool, against a ledger of SQL functions that takes one transfer a transaction.
import pg from 'pg';

import { trackBatches } from './ingest.ts';
import { PER_TRANSFER_LEDGER } from './per-transfer-ledger.ts';
import { median, pairedRatio, rounded } from './rounds.ts';
import { asOwner, type Stage } from './stage.ts';

const CONNECTIONS = 16;

export interface BurnResult {
  readonly vs_pgledger: number;
  readonly draws_per_s: number;
  readonly transfers_per_s: number;
}

export async function measureBurn(stage: Stage): Promise<BurnResult> {
  await asOwner(stage.ownerUrl, async (client) => client.query(PER_TRANSFER_LEDGER));
  const draws: number[] = [];
  const transfers: number[] = [];
  for (let round = -1; round < stage.sizes.rounds; round += 1) {
    const ours = await trackBatches(stage, [stage.hot]);
    const theirs = await transferAlone(stage);
    stage.say(
      `burn ${round < 0 ? 'warm-up' : round + 1}: ${Math.round(ours)} draws/s, ${Math.round(theirs)} transfers/s`,
    );
    if (round < 0) continue;
    draws.push(ours);
    transfers.push(theirs);
  }
  return {
    vs_pgledger: rounded(pairedRatio(draws, transfers)),
    draws_per_s: Math.round(median(draws)),
    transfers_per_s: Math.round(median(transfers)),
  };
}

/** Transfers per second out of one hot account into a hundred others. */
async function transferAlone({ ownerUrl, sizes }: Stage): Promise<number> {
  const clients = await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const client = new pg.Client({ connectionString: ownerUrl });
      await client.connect();
      return client;
    }),
  );
  let count = 0;
  const started = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() - started < sizes.sliceMs) {
        count += 1;
        await client.query({
          name: 'transfer',
          text: 'select ledger_transfer($1, $2, $3)',
          values: ['hot', `to-${count % 100}`, 1],
        });
      }
    }),
  );
  const seconds = (performance.now() - started) / 1_000;
  await Promise.all(clients.map(async (client) => client.end()));
  return count / seconds;
}
