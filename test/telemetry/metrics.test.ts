import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { assembleBilling } from '../../src/billing.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { startApi } from '../support/api.ts';
import { openBooks } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';

const clone = await cloneDatabase();
const books = await openBooks(clone.database);
const customer = await books.subscribe('hybrid');
const api = await startApi(clone);

/** The samples of one scrape: name with labels → value. */
async function scrape(): Promise<ReadonlyMap<string, number>> {
  const lines = (await api.billing.metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

test('requests are counted by the template of their route, hot ones too, and refusals by their code', async () => {
  const check = { customer: customer.name, action: 'api.call', quantities: { calls: 2 } };
  await api.call('POST', '/v1/check', check);
  await api.call('POST', '/v1/check?', check);
  await api.call('POST', '/v1/check', { ...check, customer: 'ext:nobody' });
  await api.call('GET', `/v1/customers/${customer.name}/balance`);
  await api.call('GET', '/nowhere/secret-path');
  const samples = await scrape();
  const requests = (labels: string) => samples.get(`creditpool_http_request_duration_seconds_count{${labels}}`);
  expect(requests('method="POST",route="/v1/check",status="200"')).toBe(2);
  expect(requests('method="POST",route="/v1/check",status="404"')).toBe(1);
  expect(requests('method="GET",route="none",status="404"')).toBe(1);
  expect(samples.get('creditpool_refusals_total{code="unknown_customer"}')).toBe(1);
  expect([...samples.keys()].filter((name) => name.includes(customer.name) || name.includes('secret'))).toEqual([]);
});

test('what waits for people is read from the database at each scrape', async () => {
  const parked = 'creditpool_inbox_parked';
  expect((await scrape()).get(parked)).toBe(0);
  await clone.database.raw(
    `insert into stripe_events (event_id, type, livemode, payload, created_at, received_at, state, attempts, via, next_at)
     values ('evt_1', 'invoice.paid', false, '{}', now(), now(), 'parked', 8, 'webhook', now())`,
  );
  expect((await scrape()).get(parked)).toBe(1);
});

test('a job says when it last did its work, and whether its last run failed', async () => {
  await clone.database.raw(
    `insert into job_runs (job, fire_time, owner, lease_until, finished_at, outcome) values
       ('reconcile', now() - interval '1 day', 'a', now(), '2026-04-01T03:00:10Z', '{"ok": true}'),
       ('reconcile', now(), 'a', now(), '2026-04-02T03:00:10Z', '{"ok": false}')`,
  );
  const samples = await scrape();
  expect(samples.get('creditpool_job_failed{job="reconcile"}')).toBe(1);
  expect(samples.get('creditpool_job_succeeded_timestamp_seconds{job="reconcile"}')).toBe(
    Date.UTC(2026, 3, 1, 3, 0, 10) / 1000,
  );
});

test('a database that is away is said, and nothing stale with it', async () => {
  const away = openDatabase({ connectionString: 'postgresql://nobody@127.0.0.1:9/none', poolSize: 2 });
  const billing = assembleBilling(testDeps(away), {
    livemode: false,
    pepper: 'a pepper for tests only',
    webhookSecrets: [],
    publicUrl: 'http://127.0.0.1:4000',
    nightlyCron: '0 3 * * *',
  });
  const text = await billing.metrics.text();
  expect(text).toContain('creditpool_database_up 0');
  expect(text).not.toContain('creditpool_inbox_parked');
  await billing.close();
  await away.destroy();
});

test('each figure that the alerts, the dashboard and the manual name is there, and the manual names each', async () => {
  const { observer, expose } = createMetrics({ process: true });
  observer.stripeCall({ method: 'GET', resource: '/v1/prices', status: 200, seconds: 0.1 });
  observer.turn({ loop: 'inbox', outcome: 'failed', seconds: 0.1 });
  const own = new Set([...namesIn(await expose([])), ...namesIn(await api.billing.metrics.text())]);
  const file = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const alerts = parse(file('deploy/prometheus-alerts.yaml')) as { groups: { rules: { alert: string }[] }[] };
  const dashboard = JSON.parse(file('deploy/grafana-dashboard.json')) as { panels: object[] };
  const manual = file('docs/operating.md');
  const base = (name: string): string => name.replace(/_(bucket|count|sum)$/, '');
  for (const text of [JSON.stringify(alerts), JSON.stringify(dashboard), manual]) {
    const named = [...text.matchAll(/\b(?:creditpool|nodejs|process)_[a-z_]+\b/g)].map(([name]) => base(name));
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !own.has(name))).toEqual([]);
  }
  expect([...own].filter((name) => name.startsWith('creditpool_') && !manual.includes(name))).toEqual([]);
  for (const { alert } of alerts.groups.flatMap(({ rules }) => rules)) expect(manual).toContain(`**${alert}**`);
});

function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? '');
}
