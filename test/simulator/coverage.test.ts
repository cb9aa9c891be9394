import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { expect, test } from 'vitest';

import { ROUTES } from '../../src/simulator/registry.ts';
import { createRouter } from '../../src/simulator/routes.ts';

const FAMILIES =
  /^\/v1\/(account$|balance_transactions|billing\/|charges|checkout|coupons|credit_notes|customers|disputes|entitlements|events|invoice|payment_intents|payment_methods|prices|products|refunds|subscription|tax_rates|test_helpers\/test_clocks|webhook_endpoints)|^\/v2\/(billing|core\/event)/;

/** Calls of the SDK in the families above that the simulator does not answer, on purpose. */
const ABSENT =
  /cash_balance|funding_instructions|\/sources|\/tax_ids|customers\/x_1\/(discount|payment_methods\/x_1)|feedback_options|active_entitlements\/x_1|amount_details_line_items|charges(\/x_1\/capture)?$|checkout\/sessions\/x_1$|\/(add_lines|update_lines|remove_lines)$|invoices\/x_1\/lines\/x_1|payment_intents\/x_1\/(apply_customer_balance|capture|increment_authorization|verify_microdeposits)|subscriptions\/x_1\/migrate|invoice_rendering_templates/;

function callsOfTheSdk(): { method: string; path: string }[] {
  const entry = createRequire(import.meta.url).resolve('stripe');
  const folder = join(dirname(entry), '..', 'esm', 'resources');
  const sources = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.js'));
  return sources.flatMap((name) =>
    Array.from(
      readFileSync(join(folder, name), 'utf8').matchAll(/_makeRequest\('(\w+)',\s*[`']([^`']+)[`']/g),
      (call) => ({
        method: call[1] ?? '',
        path: (call[2] ?? '').replace(/\$\{[^}]*\}/g, 'x_1'),
      }),
    ),
  );
}

test('every call of the SDK in the simulated families has a route, except those named', () => {
  const find = createRouter(ROUTES);
  const calls = callsOfTheSdk().filter(({ path }) => FAMILIES.test(path));
  const unanswered = calls.filter(({ method, path }) => find(method, path) === undefined);
  const unexplained = unanswered.filter(
    ({ method, path }) => !(ABSENT.test(path) && !(method === 'GET' && path === '/v1/charges')),
  );
  expect(unexplained).toEqual([]);
  expect(calls.length - unanswered.length).toBeGreaterThan(150);
});
