// The pack of June 2026, told from outside: the timetable issues it, mail and webhooks tell of it, every figure is asked of
// the tables, and it is looked at on screen and on paper.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { expect, test, vi } from 'vitest';

import { readCohorts } from '../../../src/domain/plan-migration.ts';
import { startCron } from '../../../src/jobs/cron.ts';
import { scheduledJobs } from '../../../src/jobs/schedule.ts';
import { issueDuePacks } from '../../../src/operations/health-pack/issue-due-packs.ts';
import { planMigration } from '../../../src/operations/migration/plan-migration.ts';
import { NO_TRACE } from '../../../src/operations/operators/acting.ts';
import { healthPackFiles } from '../../../src/reports/health-pack/files.ts';
import { execute, query } from '../../../src/storage/query.ts';
import { linkFor, OLU, openWindow, signIn, startBrowser } from '../../support/browser.ts';
import { cloneDatabase } from '../../support/database.ts';
import { tellHalfAYear } from '../../support/half-a-year.ts';
import { employ } from '../../support/operators.ts';
import { BILL_CLAIMS } from '../../support/pack-figures/bills.ts';
import { expectEveryFigure } from '../../support/pack-figures/claims.ts';
import { JUDGEMENT_CLAIMS } from '../../support/pack-figures/judgement.ts';
import { PEOPLE_CLAIMS } from '../../support/pack-figures/people.ts';
import { USE_CLAIMS } from '../../support/pack-figures/use.ts';
import { openPostOffice } from '../../support/post-office.ts';
import { openReceiver } from '../../support/receiver.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const { database } = await cloneDatabase();
const [office, receiver] = [await openPostOffice(), await openReceiver()];
const { story } = await tellHalfAYear(database, { smtpUrl: office.url });
const { deps } = story.billing;

const CLAIMS = [...USE_CLAIMS, ...PEOPLE_CLAIMS, ...JUDGEMENT_CLAIMS, ...BILL_CLAIMS];

async function fetched(ending: string): Promise<string> {
  const response = await fetch(`${story.origin}/v1/health_packs/2026-06/files/health-pack-2026-06.${ending}`, {
    headers: { authorization: `Bearer ${story.apiKey}` },
  });
  expect(response.status).toBe(200);
  return response.text();
}

test('two replicas come to the hour of the pack, and it is issued once and told once', async () => {
  const finn = { subject: await employ(deps, 'finn', ['finance']), roles: null, trace: NO_TRACE };
  await employ(deps, 'sam', ['support']);
  const cohorts = readCohorts('new:2026-06-01,rest');
  if (typeof cohorts === 'string') throw new Error(cohorts);
  // The move that is planned is what the bills are set beside.
  const spring = { name: 'spring', fromPlan: 'steady', toPlan: 'metered', toSegment: null, cohorts, everyDays: 30 };
  expect(
    await planMigration(deps, finn, { ...spring, holdoutPercent: 0, reason: 'use is stable', dryRun: false }),
  ).toMatchObject({ toVersion: 1 });
  const endpoint = await story.call(
    'POST',
    '/v1/webhook_endpoints',
    { url: receiver.url, description: 'ours' },
    'hook',
  );
  receiver.secrets.push(endpoint.body['secret'] as unknown as string);

  await story.until('2026-07-02T06:00:00Z');
  expect((await story.call('GET', '/v1/health_packs')).body).toMatchObject({ data: [] });
  const due = scheduledJobs('0 3 * * *').filter(({ name }) => name === 'issue-health-pack');
  expect(due.map(({ cron }) => cron)).toEqual(['0 6 2 * *']);
  // The books live in July, and the wall's clock does not: its hour was a minute ago, when both replicas were off.
  const ago = new Date(Date.now() - 60_000);
  const cron = `${ago.getUTCMinutes()} ${ago.getUTCHours()} * * *`;
  const jobs = due.map((job) => ({ ...job, cron, catchUpHours: 1 }));
  const replicas = ['one', 'two'].map((owner) => startCron(deps, jobs, { owner }));
  const runs = async () => query<{ outcome: object | null }>(database, `select outcome from job_runs`);
  const done = [{ outcome: { ok: true, issued: ['2026-06'] } }];
  await vi.waitFor(async () => expect(await runs()).toEqual(done), { timeout: 60_000, interval: 200 });
  for (const replica of replicas) await replica.stop(10_000);
  expect(await runs()).toEqual(done);
  expect(await issueDuePacks(deps, healthPackFiles)).toEqual([]);

  await story.clock.settle();
  const { body: issued } = await story.call('GET', '/v1/health_packs/2026-06');
  expect(issued).toMatchObject({
    verdict: 'migrate',
    candidate: 'plan metered@1',
    issued_by: 'system:schedule',
    issued_at: '2026-07-02T06:00:00.000Z',
  });
  expect(office.letters.map(({ to }) => to)).toEqual([['finn@example.com']]);
  const [letter] = office.letters;
  expect(letter?.text).toContain('Subject: [SANDBOX] Pricing health pack 2026-06: migrate');
  expect(letter?.text).toContain('Verdict: migrate.');
  expect(letter?.text).toContain(`${story.origin}/admin/reports/2026-06`);
  for (const reason of issued['reasons'] as unknown as readonly string[]) {
    expect(letter?.text.replaceAll(/\r?\n/g, ' ')).toContain(reason);
  }
  const told = receiver.received.filter(({ type }) => type === 'report.ready');
  expect(told.map(({ object }) => object)).toEqual([
    {
      object: 'health_pack',
      month: '2026-06',
      verdict: 'migrate',
      reasons: issued['reasons'],
      url: `${story.origin}/admin/reports/2026-06`,
    },
  ]);
  expect(
    await query(
      database,
      `select channel, state, count(*)::int as many from health_pack_deliveries group by 1, 2 order by 1`,
    ),
  ).toEqual(['log', 'mail', 'webhook'].map((channel) => ({ channel, state: 'sent', many: 1 })));
});

test('June says migrate, and every planted fact is in its findings', async () => {
  const page = await fetched('md');
  for (const words of [
    'Plan steady is ready to leave credits: the use of 100 % of its customers is stable over 3 months',
    'Feature ai is under water: it cost USD 14.33 more than it brought',
    'Unregistered model nobody-knows-1 was used and cost USD 14.00',
    'Unregistered model rogue-2 was used and cost USD 7.00',
    'Unregistered key laptop',
    'Unregistered feature reports',
    'Unregistered member bob was used and cost EUR 3.00',
    'Blocked model banned-1 was used all the same and cost USD 0.50',
    'variances that took longer than a week come to 10 % of the invoices',
    'complaints about bills come to 20 % of the customers with use',
    'Goodwill is rising: 200 credits against 28',
    'Feature reports earns 77.61 %, which is below the margin',
    // Over the months as it was planted: first in April, and who is asked.
    '| model | **nobody-knows-1** | 2026-04-10 | story-7 | 1 | USD 14.00 | nobody |',
    '| model | **banned-1** | 2026-06-15 | story-10 | 1 | USD 0.50 | blocked by ada@example.com |',
    '| model nobody-knows-1 | – | – | – | 1, USD 20.00 | 1, USD 12.00 | 1, USD 14.00 |',
    '| model rogue-2 | – | – | – | – | – | 0, billed USD 7.00 |',
  ]) {
    expect(page).toContain(words);
  }
});

test('every figure is what the tables say when they are asked, and one that nobody asks for is noticed', async () => {
  const pack = JSON.parse(await fetched('json')) as Readonly<Record<string, object>>;
  await expectEveryFigure(database, pack, CLAIMS);
  const more = { ...pack, disputes: { ...pack['disputes'], escalated: 0 } };
  await expect(expectEveryFigure(database, more, CLAIMS)).rejects.toThrow('disputes.escalated');
  await expect(expectEveryFigure(database, pack, CLAIMS.slice(1))).rejects.toThrow('key_figures.data.figures[0].value');
  await expect(expectEveryFigure(database, pack, [...CLAIMS, ...CLAIMS.slice(0, 1)])).rejects.toThrow('twice');
});

test('the margin report says the same of everything, not only of ten', async () => {
  const pack = JSON.parse(await fetched('json')) as {
    readonly margins: {
      readonly data: Readonly<Record<string, readonly { gap: string; billed: string; cost: string }[]>>;
    };
  };
  for (const [by, list] of [
    ['feature', 'features'],
    ['action', 'actions'],
    ['model', 'models'],
    ['customer', 'customers'],
  ] as const) {
    const { body } = await story.call('GET', `/v1/reports/margin?by=${by}&from=2026-06&to=2026-06`);
    const sums = (rows: readonly { cost: string; billed: string; gap: string }[], nano: number) =>
      rows
        .map((row) => [row.cost, row.billed, row.gap].map((text) => Math.round(Number(text) * nano)).join(' '))
        .toSorted();
    const reported = body['data'] as unknown as readonly { cost: string; billed: string; gap: string }[];
    expect(sums(pack.margins.data[list] ?? [], 1)).toEqual(sums(reported, 1e9));
  }
});

test('a pack that is issued stays as it is, whoever asks', async () => {
  const issued = await story.call('GET', '/v1/health_packs/2026-06');
  const again = await story.call('POST', '/v1/health_packs', { month: '2026-06' });
  expect(again.body).toEqual(issued.body);
  const other = await story.call('POST', '/v1/health_packs', { month: '2026-06', plan: 'lively' });
  expect([other.status, other.body['error']]).toMatchObject([409, { code: 'pack_issued', param: 'plan' }]);
  for (const change of [
    `update health_packs set verdict = 'keep'`,
    `delete from health_pack_files`,
    `truncate health_packs`,
  ]) {
    await expect(execute(database, change)).rejects.toMatchObject({ code: '42501' });
  }
  const early = await story.call('POST', '/v1/health_packs', { month: '2026-07' });
  expect([early.status, early.body['error']]).toMatchObject([409, { code: 'pack_too_early' }]);
  expect((await story.call('GET', '/v1/health_packs')).body).toMatchObject({ data: [{ hash: issued.body['hash'] }] });
});

test('the console lists packs and shows each as it was issued; axe has nothing to say, in light and dark', async () => {
  const browser = await startBrowser();
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  for (const colorScheme of ['light', 'dark'] as const) {
    const window = await openWindow(browser, story.origin, { colorScheme });
    const page = await signIn(window, await linkFor(deps, story.origin, OLU));
    for (const path of ['/admin/reports', '/admin/reports/2026-06']) {
      await page.goto(story.origin + path);
      await page
        .getByText(path.endsWith('06') ? 'Migration triggers' : 'June 2026')
        .first()
        .waitFor();
      // Under the page's own policy no script of ours runs; a debugger's does.
      const found: unknown = await page.evaluate(
        `${axe}; axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes[0].html]))`,
      );
      expect([path, colorScheme, found]).toEqual([path, colorScheme, []]);
    }
    // On A4 less its margins, 180 by 263 mm at 96 dots an inch: light whatever the reader prefers, nothing wider than the
    // page, no table higher than one, and each kept whole.
    await page.emulateMedia({ media: 'print', colorScheme });
    await page.setViewportSize({ width: 680, height: 994 });
    const paper = await page.evaluate(() => {
      const all = [...document.querySelectorAll('body *')];
      const { color, backgroundColor } = getComputedStyle(document.body);
      const images = [...document.querySelectorAll('img')];
      return {
        colors: [color, backgroundColor],
        tooWide: all.filter((one) => one.getBoundingClientRect().right > innerWidth + 1).map(({ tagName }) => tagName),
        tooHigh: all.filter((one) => one.matches('.scroll, figure, tr') && one.clientHeight > innerHeight).length,
        cut: all.filter((one) => one.matches('.scroll') && getComputedStyle(one).breakInside !== 'avoid').length,
        loose: all.filter((one) => one.matches('h2') && getComputedStyle(one).breakAfter !== 'avoid').length,
        dark: images.filter(({ currentSrc, src }) => currentSrc !== src).length,
      };
    });
    const ink = ['rgb(22, 32, 42)', 'rgb(255, 255, 255)'];
    expect(paper).toEqual({ colors: ink, tooWide: [], tooHigh: 0, cut: 0, loose: 0, dark: 0 });
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    const pages = pdf.match(/\/Type \/Page\b/g)?.length ?? 0;
    expect([pages > 6, pages < 12]).toEqual([true, true]);
    expect(window.complaints).toEqual([]);
  }
});
