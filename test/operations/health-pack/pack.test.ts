import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { expect, test, vi } from 'vitest';

import { execute, query } from '../../../src/storage/query.ts';
import { linkFor, OLU, openWindow, signIn, startBrowser } from '../../support/browser.ts';
import { cloneDatabase } from '../../support/database.ts';
import { tellHalfAYear } from '../../support/half-a-year.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const { database } = await cloneDatabase();
const { story } = await tellHalfAYear(database);
const issued = await story.call('POST', '/v1/health_packs', { month: '2026-06', plan: 'metered' });
const pack = JSON.parse(await fetched('json')) as Pack;

interface Pack {
  readonly burn: {
    readonly data: {
      readonly total: string;
      readonly actions: readonly { action: string; uses: number; credits: string }[];
    };
  };
  readonly key_figures: { readonly data: { readonly figures: readonly { key: string; value: string }[] } };
  readonly margins: { readonly data: { readonly rows: readonly { feature: string; cost: string }[] } };
  readonly unregistered: { readonly data: readonly { name: string; uses: number }[] };
  readonly exceptions: { readonly data: { readonly goodwill_by_month: readonly { month: string; credits: string }[] } };
  readonly predictability: { readonly data: { readonly customers: number; readonly moved: number } };
  readonly reconciled: { readonly data: { readonly runs: number; readonly found: number } };
  readonly triggers: readonly {
    key: string;
    cohort: string | null;
    part: string;
    whole: string;
    hit: boolean | null;
  }[];
  readonly side_by_side: {
    readonly data: { readonly bills: readonly { customer_id: string; before_minor: string }[] };
  };
}

async function fetched(ending: string): Promise<string> {
  const response = await fetch(`${story.origin}/v1/health_packs/2026-06/files/health-pack-2026-06.${ending}`, {
    headers: { authorization: `Bearer ${story.apiKey}` },
  });
  expect(response.status).toBe(200);
  return response.text();
}

/** What a statement answers, as text: asked beside the product, of the tables alone. */
async function asked(sql: string): Promise<readonly unknown[]> {
  return query(database, sql);
}

const JUNE = `>= '2026-06-01' and u.occurred_at < '2026-07-01'`;
const USED = `usage_events u join burn_rates r using (burn_rate_id)
  where u.lane between 0 and 63 and u.outcome = 'applied' and u.occurred_at`;

test('June says migrate, and every planted fact is in its findings', async () => {
  expect([issued.status, issued.body['verdict']]).toEqual([201, 'migrate']);
  const page = await fetched('md');
  for (const words of [
    'Plan steady is ready to leave credits: the use of 100 % of its customers is stable over 3 months',
    'Feature ai is under water',
    'Unregistered model nobody-knows-1 was used',
    'Goodwill is rising: 200 credits against 28',
  ]) {
    expect(page).toContain(words);
  }
  // Two reasons and more: nine customers are too few to say how opaque credits are.
  expect(page).toContain('9 customers used credits in the month, it takes 10');
});

test('every number is what the tables say when they are asked directly', async () => {
  const { burn, key_figures: key, margins, unregistered, exceptions, predictability, reconciled } = pack;
  expect(burn.data.actions.map(({ action, uses, credits }) => ({ action, uses, credits }))).toEqual(
    await asked(`select u.action, count(*)::int as uses, sum(u.credits)::text as credits from ${USED} ${JUNE}
      group by 1 order by sum(u.credits) desc, u.action desc`),
  );
  expect([{ credits: burn.data.total }]).toEqual(
    await asked(`select sum(u.credits)::text as credits from ${USED} ${JUNE}`),
  );
  const figure = (name: string): string | undefined => key.data.figures.find(({ key: of }) => of === name)?.value;
  expect([{ customers: figure('customers'), uses: figure('uses') }]).toEqual(
    await asked(`select count(distinct customer_id)::text as customers, count(*)::text as uses from ${USED} ${JUNE}`),
  );
  expect(margins.data.rows.filter(({ cost }) => cost !== '0').map(({ feature, cost }) => ({ feature, cost }))).toEqual(
    await asked(`select feature, sum(cost_nano)::text as cost from provider_costs
      where lane between 0 and 63 and occurred_at >= '2026-06-01' and occurred_at < '2026-07-01' group by 1`),
  );
  expect(unregistered.data.map(({ name, uses }) => ({ name, uses }))).toEqual(
    await asked(`select model as name, count(*)::int as uses from provider_costs
      where lane between 0 and 63 and occurred_at >= '2026-06-01' and occurred_at < '2026-07-01' and model <> 'text-1' group by 1`),
  );
  expect(exceptions.data.goodwill_by_month.map(({ month, credits }) => ({ month, credits }))).toEqual(
    await asked(`select to_char(effective_at, 'YYYY-MM') as month, sum(granted)::text as credits from lots
      where lane between 0 and 63 and source = 'goodwill' group by 1 order by 1`),
  );
  const bills = `select customer_id, total_minor - tax_minor as minor, to_char(finalized_at, 'YYYY-MM') as month from invoices
    where lane between 0 and 63 and billing_reason = 'subscription_cycle' and status = 'paid'`;
  expect([{ customers: predictability.data.customers, moved: predictability.data.moved }]).toEqual(
    await asked(`with bills as (${bills}) select count(*)::int as customers,
        (count(*) filter (where abs(n.minor - b.minor) * 4 > abs(b.minor)))::int as moved
      from bills n join bills b using (customer_id) where n.month = '2026-06' and b.month = '2026-05'`),
  );
  expect([{ runs: reconciled.data.runs, found: reconciled.data.found }]).toEqual(
    await asked(`select (select count(*) from reconciliations where finished_at >= '2026-06-01' and finished_at < '2026-07-01')::int as runs,
      (select count(*) from variances where lane between 0 and 63 and found_at >= '2026-06-01' and found_at < '2026-07-01')::int as found`),
  );
});

test('the triggers and the bills side by side come out of the tables too', async () => {
  const trigger = (key: string, plan: string) => pack.triggers.find((one) => one.key === key && one.cohort === plan);
  const [steady] = (await asked(`select count(*)::text as stable from (
    select u.customer_id, date_trunc('month', u.occurred_at) as month, sum(u.credits) as credits from ${USED} >= '2026-04-01'
      and u.occurred_at < '2026-07-01' and u.action = 'api.call' group by 1, 2) m
    group by ()`)) as readonly { stable: string }[];
  // Five customers in three months, each month the same.
  expect(steady).toEqual({ stable: '15' });
  expect(trigger('stable_use', 'steady')).toMatchObject({ part: '5', whole: '5', hit: true });
  const [calls] = (await asked(
    `select sum(u.credits)::text as credits from ${USED} ${JUNE} and u.action = 'api.call'`,
  )) as readonly { credits: string }[];
  expect(trigger('explainable_metric', 'steady')).toMatchObject({
    part: calls?.credits,
    whole: calls?.credits,
    hit: true,
  });
  // Lively has four customers, one too few.
  expect(trigger('stable_use', 'lively')).toBeUndefined();
  // May's and June's fees came with the cycle invoices before; June's overage with the one on 1 July.
  const invoiced =
    await asked(`select l.customer_id, (sum(l.amount_minor - l.credits_applied_minor))::text as before_minor
    from invoice_lines l join invoices i using (lane, customer_id, invoice_id) where l.lane between 0 and 63
      and ((l.kind = 'base' and l.period_start = '2026-06-01') or (l.kind in ('usage', 'correction') and i.finalized_at >= '2026-07-01'))
    group by 1 order by 1`);
  const shown = pack.side_by_side.data.bills.map(({ customer_id, before_minor }) => ({ customer_id, before_minor }));
  expect(shown.toSorted((a, b) => (a.customer_id < b.customer_id ? -1 : 1))).toEqual(invoiced);
});

test('a pack that is issued stays as it is, whoever asks', async () => {
  const again = await story.call('POST', '/v1/health_packs', { month: '2026-06' });
  expect(again.body).toEqual(issued.body);
  for (const change of [
    `update health_packs set verdict = 'keep'`,
    `delete from health_pack_files`,
    `truncate health_packs`,
  ]) {
    await expect(execute(database, change)).rejects.toMatchObject({ code: '42501' });
  }
  const early = await story.call('POST', '/v1/health_packs', { month: '2026-07' });
  expect([early.status, early.body['error']]).toMatchObject([409, { code: 'pack_too_early' }]);
  await story.clock.settle();
  expect(await asked(`select channel, state from health_pack_deliveries where channel = 'log'`)).toEqual([
    { channel: 'log', state: 'sent' },
  ]);
});

test('the console lists packs and shows each as it was issued; axe has nothing to say, in light and dark', async () => {
  const browser = await startBrowser();
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  for (const colorScheme of ['light', 'dark'] as const) {
    const window = await openWindow(browser, story.origin, { colorScheme });
    const page = await signIn(window, await linkFor(story.billing.deps, story.origin, OLU));
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
    expect(window.complaints).toEqual([]);
  }
});
