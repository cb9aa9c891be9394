// docs/stripe.md is complete: against the calls in the code, the handlers, and all that the simulator can send.
import { readdir, readFile } from 'node:fs/promises';

import { describe, expect, test } from 'vitest';

import { STRIPE_EVENT_TYPES } from '../src/billing.ts';
import { RIGHTS } from '../src/stripe/checkup.ts';
import { inboxRegistry, webhookRegistry } from '../webhooks/index.ts';

const root = new URL('../', import.meta.url);
const page = await readFile(new URL('docs/stripe.md', root), 'utf8');

function section(title: string): string {
  return page.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
}

/** First cells of a section's rows that are code. */
function rowsOf(title: string): readonly string[] {
  return [...section(title).matchAll(/^\| `([^`]+)`/gm)].map(([, cell]) => cell ?? '');
}

async function sourcesOf(folder: string): Promise<readonly string[]> {
  const files = (await readdir(new URL(folder, root))).filter((name) => name.endsWith('.ts'));
  return Promise.all(files.map((name) => readFile(new URL(`${folder}${name}`, root), 'utf8')));
}

/** Every call of the SDK in a source: `billing.meters.list` of `stripe.billing.meters.list(…)`. */
function callsIn(source: string): readonly string[] {
  const code = source
    .replaceAll(/^\s*(?:\/\/|\*|\/\*).*$/gm, '')
    // A resource that was taken out of the gateway first.
    .replaceAll(/const \{ (\w+) \} = (stripe(?:\.\w+)+);/g, '')
    .replaceAll(/\beventDestinations\./g, 'stripe.v2.core.eventDestinations.')
    .replaceAll(/stripe\.v2\.core\.stripe\.v2\.core\./g, 'stripe.v2.core.');
  return [...code.matchAll(/\b(?:stripe|client)((?:\s*\.\s*[a-zA-Z0-9]+)+)\(/g)]
    .map(([, path = '']) => path.replaceAll(/\s/g, '').slice(1))
    .filter((path) => path.includes('.') || path === 'rawRequest');
}

/** Names of SDK event types: what Stripe itself can send to an endpoint. */
const sdkTypes = new Set(
  [
    ...(await readFile(new URL('node_modules/stripe/esm/resources/WebhookEndpoints.d.ts', root), 'utf8')).matchAll(
      /'([a-z_\d]+(?:\.[a-z_\d]+)+)'/g,
    ),
  ].map(([, type]) => type ?? ''),
);

/** Types that the simulator can send: every text of its source that is one. */
async function simulated(): Promise<ReadonlySet<string>> {
  const texts = (await sourcesOf('src/simulator/')).flatMap((source) =>
    [...source.matchAll(/['`]((?:v1\.)?[a-z_]+(?:\.[a-z_]+)+)['`]/g)].map(([, text]) => text ?? ''),
  );
  // Clock events are put together of a status.
  const clocks = ['advancing', 'ready', 'internal_failure'].map((status) => `test_helpers.test_clock.${status}`);
  return new Set([...texts, ...clocks].filter((text) => sdkTypes.has(text) || text.startsWith('v1.billing.meter.')));
}

/** Asked for by doctor in its other checks, with no key of the account's, or in the sandbox only. */
const TRIED_OTHERWISE = [
  'rawRequest',
  'accounts',
  'webhookEndpoints',
  'v2.core.eventDestinations',
  'v2.billing.meterEventStream',
  'testHelpers.testClocks',
];

/**
 * What an integration of usage billing has to have an answer for, whether the simulator sends it or not: the families
 * that tell of customers, catalogue, subscriptions, invoices, credit notes, money that goes back, credits and meters.
 */
const EXPECTED = `
customer: created updated deleted
product: created updated deleted
price: created updated deleted
customer.subscription: created updated deleted paused resumed trial_will_end pending_update_applied pending_update_expired
subscription_schedule: created updated released canceled completed aborted expiring
invoice: upcoming created updated finalized finalization_failed paid payment_failed payment_action_required
invoice: payment_attempt_required overpaid voided marked_uncollectible overdue will_be_due sent deleted payment_succeeded
invoice_payment: paid
invoiceitem: created deleted
credit_note: created updated voided
refund: created updated failed
charge: refunded dispute.created dispute.updated dispute.closed dispute.funds_withdrawn dispute.funds_reinstated
billing: credit_grant.created credit_grant.updated credit_balance_transaction.created alert.triggered
billing: meter.created meter.updated meter.deactivated meter.reactivated
entitlements: active_entitlement_summary.updated
test_helpers: test_clock.ready test_clock.internal_failure
v1: billing.meter.error_report_triggered billing.meter.no_meter_found`
  .trim()
  .split('\n')
  .flatMap((line) => {
    const [family = '', verbs = ''] = line.split(': ');
    return verbs.split(' ').map((verb) => `${family}.${verb}`);
  });

const ignored = rowsOf('Events that are ignored');

describe('docs/stripe.md', () => {
  test('names every call that the code makes of Stripe, and no other', async () => {
    const made = new Set((await sourcesOf('src/stripe/')).flatMap(callsIn));
    const named = [...section('Objects').matchAll(/`([a-zA-Z\d]+(?:\.[a-zA-Z\d]+)*)`/g)]
      .map(([, call]) => call ?? '')
      .filter((call) => call !== 'sum' && !call.startsWith('metadata.'));
    expect(made.size).toBeGreaterThan(50);
    expect([...new Set(named)].toSorted()).toEqual([...made].toSorted());
  });

  test('accounts for every event that the simulator can send', async () => {
    const types = await simulated();
    expect(types.size).toBeGreaterThan(70);
    const silent = [...types].filter((type) => !(type in inboxRegistry) && !ignored.includes(type));
    expect(silent).toEqual([]);
  });

  test('accounts for every event that usage billing has to have an answer for', () => {
    expect(EXPECTED.length).toBeGreaterThan(65);
    expect(EXPECTED.filter((type) => !type.startsWith('v1.') && !sdkTypes.has(type))).toEqual([]);
    expect(EXPECTED.filter((type) => !(type in inboxRegistry) && !ignored.includes(type))).toEqual([]);
  });

  test('ignores nothing that is handled, and names nothing that Stripe does not send', () => {
    expect(ignored.filter((type) => type in inboxRegistry)).toEqual([]);
    expect(ignored.filter((type) => !sdkTypes.has(type))).toEqual([]);
    expect(new Set(ignored).size).toBe(ignored.length);
    expect(Object.keys(webhookRegistry).filter((type) => !sdkTypes.has(type))).toEqual([]);
  });

  test('what comes only thinly is what doctor wants of a thin destination', () => {
    const thin = STRIPE_EVENT_TYPES.filter((type) => type.startsWith('v1.'));
    expect(rowsOf('Events that are handled').toSorted()).toEqual(thin.toSorted());
    expect(thin.filter((type) => !(type in inboxRegistry))).toEqual([]);
    expect(STRIPE_EVENT_TYPES.toSorted()).toEqual([...Object.keys(webhookRegistry), ...thin].toSorted());
  });

  test('names the rights that doctor tries, with what they are for', () => {
    const rows = [...section('Rights of a restricted key').matchAll(/^\| `([^`]+)`\s*\| (.*?)\s*\|$/gm)];
    expect(rows.map(([, right, why]) => `${right} ${why}`)).toEqual(RIGHTS.map(({ right, why }) => `${right} ${why}`));
  });

  test('doctor tries a right for every resource that is called, and to write where something is written', async () => {
    const calls = new Set((await sourcesOf('src/stripe/')).flatMap(callsIn));
    const needed = new Map<string, 'GET' | 'POST'>();
    for (const call of calls) {
      const [resource = '', method = ''] = call.split(/\.(?=[^.]+$)/);
      if (TRIED_OTHERWISE.some((other) => call === other || resource === other)) continue;
      const isRead = /^(?:list|retrieve|preview)/.test(method);
      if (!isRead || !needed.has(resource)) needed.set(resource, isRead ? 'GET' : 'POST');
    }
    const tried = RIGHTS.map(({ resource, method }) => `${method} ${resource}`);
    expect(tried.toSorted()).toEqual([...needed].map(([resource, method]) => `${method} ${resource}`).toSorted());
  });

  test('a call or an event that is not in the document would be noticed', async () => {
    expect(callsIn('await stripe.customers\n  .create({})')).toEqual(['customers.create']);
    expect([...(await simulated())].filter((type) => !ignored.includes(type)).length).toBeGreaterThan(0);
    expect(ignored).not.toContain('invoice.paid');
  });
});
