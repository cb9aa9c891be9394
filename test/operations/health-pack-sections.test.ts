// Each section's numbers by hand, from what was planted. A team's included credit is worth $0.0025, a bought one $0.008,
// overage $0.01.
import { expect, test } from 'vitest';

import type { Section } from '../../src/domain/health-pack/section.ts';
import { assembleHealthPack } from '../../src/operations/health-pack/assemble-pack.ts';
import { readBalanceHealth } from '../../src/operations/health-pack/balance-health.ts';
import { readBurn } from '../../src/operations/health-pack/burn.ts';
import { readDisputes } from '../../src/operations/health-pack/disputes.ts';
import { readExceptions } from '../../src/operations/health-pack/exceptions.ts';
import { keyFiguresOf } from '../../src/operations/health-pack/key-figures.ts';
import { marginsOf, readMarginHistory } from '../../src/operations/health-pack/margins.ts';
import { readPredictability } from '../../src/operations/health-pack/predictability.ts';
import { readReconciled } from '../../src/operations/health-pack/reconciled.ts';
import { watchMargins } from '../../src/operations/margin/watch-margins.ts';
import { cloneDatabase } from '../support/database.ts';
import { GOODWILL, tellSixMonths } from '../support/six-months.ts';

const { database } = await cloneDatabase();
const { story, customers } = await tellSixMonths(database);
const { deps } = story.billing;
const JUNE = '2026-06';

const dollars = (amount: number): bigint => BigInt(Math.round(amount * 1e6)) * 1_000n;
const credits = (amount: number): bigint => BigInt(amount) * 1_000_000n;

function dataOf<Data>(section: Section<Data>): Data {
  if (section.kind !== 'data') throw new Error(section.because);
  return section.data;
}

test('margin by feature: ai costs $20.00 and brings $12.50 in June, where it had cost $6.00 in May', async () => {
  const margins = dataOf(marginsOf(await readMarginHistory(deps, JUNE), JUNE));
  const [ai, reports, api] = margins.features;
  expect(ai).toMatchObject({
    feature: 'ai',
    uses: 5,
    cost: dollars(20),
    billed: dollars(12.5),
    gap: dollars(-7.5),
    margin: -6_000n,
    previousMargin: 6_000n,
    underWater: true,
    drifted: true,
  });
  expect(reports).toMatchObject({ feature: 'reports', cost: dollars(0.05), billed: dollars(0.25), margin: 8_000n });
  expect(reports).toMatchObject({ underWater: false, drifted: false });
  // 36 940 included at $92.35, 2 020 bought at $16.16, 3 250 of overage at $32.50; 790 given away, worth $7.90.
  expect(api).toMatchObject({ feature: 'api', uses: 8, credits: credits(43_000), cost: 0n, billed: dollars(141.01) });
  expect(api).toMatchObject({ free: dollars(7.9), unallocated: 0n });
  expect(margins.total).toMatchObject({ cost: dollars(20.05), billed: dollars(153.76), gap: dollars(133.71) });
  expect(margins).toMatchObject({ currency: 'usd', usesWithoutCost: 8, notConverted: [] });
});

test('key figures: five customers, 48 100 credits, $153.76 against $20.05, with five months before', async () => {
  const { figures } = dataOf(keyFiguresOf(await readMarginHistory(deps, JUNE), JUNE));
  const shown = Object.fromEntries(figures.map(({ key, value, previous }) => [key, [value, previous]]));
  expect(shown).toEqual({
    customers: [5n, 6n],
    uses: [18n, 18n],
    credits: [credits(48_100), credits(36_120)],
    billed: [dollars(153.76), dollars(90.3)],
    cost: [dollars(20.05), dollars(6.06)],
    gap: [dollars(133.71), dollars(84.24)],
    margin: [8_696n, 9_329n],
  });
  expect(figures[2]?.months.map(({ month }) => month)[0]).toBe('2026-01');
  expect(figures[2]?.months.map(({ value }) => value)).toEqual([
    ...Array<bigint>(5).fill(credits(36_120)),
    credits(48_100),
  ]);
});

test('burn: api takes 89.4 % of the credits; the duplicate that was undone is not in it', async () => {
  const burn = dataOf(await readBurn(deps, JUNE));
  expect(burn.total).toBe(credits(48_100));
  expect(burn.features).toMatchObject([
    { feature: 'api', action: null, uses: 8, credits: credits(43_000), previous: credits(30_000), share: 8_940n },
    { feature: 'ai', uses: 5, credits: credits(5_000), previous: credits(6_000), share: 1_040n },
    { feature: 'reports', uses: 5, credits: credits(100), previous: credits(120), share: 21n },
  ]);
  expect(burn.actions.map(({ action }) => action)).toEqual(['api.call', 'llm.complete', 'report.generate']);
});

test('balances: of six pools two were empty after 19 days, one was never used, 28.59 % of what ended expired', async () => {
  // 3 980 of two customers and 10 000 of the last one expire; 44 850 were drawn: 30 100, then 3 980, 6 000 and 4 770.
  expect(dataOf(await readBalanceHealth(deps, JUNE))).toEqual({
    pools: 6,
    depletedEarly: 2,
    neverUsed: 1,
    daysToZeroMedian: 19,
    daysToZero: [
      { upToDays: 7, pools: 0 },
      { upToDays: 14, pools: 0 },
      { upToDays: 21, pools: 2 },
      { upToDays: null, pools: 0 },
    ],
    expired: credits(17_960),
    ended: credits(62_810),
    expiryShare: 2_859n,
  });
});

test('exceptions: goodwill rose from 50 to 240 credits, 100 were restored, 5 000 wait for a second person', async () => {
  const exceptions = dataOf(await readExceptions(deps, JUNE));
  expect(exceptions.goodwill).toEqual({ cases: 1, credits: credits(240), previous: credits(200) });
  expect(exceptions.goodwillByMonth.map((month) => month.credits)).toEqual(
    GOODWILL.map((amount) => credits(Number(amount))),
  );
  expect(exceptions.adjustments).toEqual([
    { kind: 'duplicate_usage', outcome: 'restore_credits', cases: 1, credits: credits(100) },
  ]);
  expect(exceptions.creditNotes).toEqual([]);
  expect(exceptions.overLimit).toEqual({ asked: 1, approved: 0, refused: 0, waiting: 1 });
});

test('disputes: one of $80.00, and what cases were opened for', async () => {
  const { disputes, won, lost, themes } = dataOf(await readDisputes(deps, JUNE));
  expect(disputes).toMatchObject([{ currency: 'usd', disputes: 1, minor: 8_000n }]);
  expect([won, lost]).toEqual([0, 0]);
  expect(themes).toEqual([
    { theme: 'goodwill', cases: 2, previous: 1 },
    { theme: 'dispute', cases: 1, previous: 0 },
    { theme: 'duplicate_usage', cases: 1, previous: 0 },
  ]);
});

test('predictability: of six bills one moved by more than a quarter, $50.00 to $70.20; 24.6 % is not more', async () => {
  const { most, ...shares } = dataOf(await readPredictability(deps, JUNE));
  expect(shares).toEqual({ customers: 6, moved: 1, movedShare: 1_667n });
  expect(most).toMatchObject([
    { name: customers[0]?.name, currency: 'usd', previousMinor: 5_000n, minor: 7_020n, change: 4_040n },
  ]);
});

test('reconciliation: it ran in June and found nothing that is open', async () => {
  const reconciled = dataOf(await readReconciled(deps, JUNE));
  expect(reconciled.runs).toBeGreaterThan(0);
  expect(reconciled.lastRunAt?.toISOString().slice(0, 7)).toBe(JUNE);
  expect(reconciled.open).toEqual([]);
});

test('a month without anything has no numbers, and says why', async () => {
  const empty = '2025-06';
  const history = await readMarginHistory(deps, empty);
  for (const told of [marginsOf(history, empty), keyFiguresOf(history, empty)]) {
    expect(told).toMatchObject({ kind: 'not_enough_data', have: 0 });
  }
  for (const read of [readBurn, readBalanceHealth, readPredictability]) {
    expect(await read(deps, empty)).toMatchObject({ kind: 'not_enough_data', have: 0 });
  }
  expect(await readReconciled(deps, empty)).toMatchObject({ kind: 'not_enough_data', need: 1 });
  const pack = await assembleHealthPack(deps, { month: empty, candidate: null });
  if ('rejected' in pack) throw new Error(pack.rejected.message);
  const { verdict, triggers, unregistered, sideBySide } = pack;
  expect(verdict).toMatchObject({ word: 'not enough data', told: 0, asked: 8, findings: [] });
  expect(new Set(triggers.map(({ hit, value }) => [hit, value].join()))).toEqual(new Set([',']));
  expect([unregistered, sideBySide]).toMatchObject([
    { kind: 'not_enough_data', need: 1 },
    { kind: 'not_enough_data', need: 1 },
  ]);
});

test('a feature under water and a margin that moved are told once, of June alone', async () => {
  await watchMargins(deps);
  expect(await watchMargins(deps)).toEqual({ raised: 0 });
  for (const kind of ['margin.under_water', 'margin.drifted']) {
    const { body } = await story.call('GET', `/v1/alerts?kind=${kind}`);
    expect(body['data']).toMatchObject([
      { customer: null, data: { feature: 'ai', month: '2026-06', cost: '20', billed: '12.5', gap: '-7.5' } },
    ]);
  }
});
