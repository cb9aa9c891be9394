import { completeCheckout } from './checkout-completion.ts';
import { tellEntitlements } from './entitlements.ts';
import { invalidRequest } from './errors.ts';
import { freshId } from './ids.ts';
import { checkoutItems, checkoutShape, NO_CHECKOUT_EXTRAS } from './new-checkout-session.ts';
import { page } from './pagination.ts';
import { changedMetadata, ignored, paging, range, word } from './parameters.ts';
import { route } from './routes.ts';
import type { CheckoutSession } from './wire.ts';
import { change, emit, need, nowOf, schedule, unschedule, type World } from './world.ts';

const DAY = 86_400;

const create = route('POST', '/v1/checkout/sessions', checkoutShape, ({ world, values }) => {
  const data = checkoutItems(world, values.line_items ?? []);
  if (values.mode !== 'setup' && data.length === 0)
    throw invalidRequest('line_items are required in this mode.', { param: 'line_items' });
  if (values.customer !== undefined) need(world, 'customers', values.customer, 'customer', 'customer');
  const id = freshId('cs_test', 58);
  const now = nowOf(world, values.customer ?? null);
  const total = data.reduce((sum, { amount_total: amount }) => sum + amount, 0);
  const session: CheckoutSession = {
    id,
    object: 'checkout.session',
    ...NO_CHECKOUT_EXTRAS,
    amount_subtotal: values.mode === 'setup' ? null : total,
    amount_total: values.mode === 'setup' ? null : total,
    cancel_url: values.cancel_url ?? null,
    client_reference_id: values.client_reference_id ?? null,
    created: now,
    currency: data[0]?.currency ?? values.currency ?? null,
    customer: values.customer ?? null,
    customer_creation: values.customer === undefined ? (values.customer_creation ?? 'if_required') : null,
    customer_email: values.customer_email ?? null,
    expires_at: values.expires_at ?? now + DAY,
    invoice_creation:
      values.mode === 'payment'
        ? {
            enabled: values.invoice_creation?.enabled ?? false,
            invoice_data: {
              account_tax_ids: null,
              custom_fields: null,
              description: values.invoice_creation?.invoice_data?.description ?? null,
              footer: null,
              issuer: null,
              metadata: changedMetadata({}, values.invoice_creation?.invoice_data?.metadata),
              rendering_options: null,
            },
          }
        : null,
    line_items: { object: 'list', data, has_more: false, url: `/v1/checkout/sessions/${id}/line_items` },
    livemode: false,
    metadata: changedMetadata({}, values.metadata),
    mode: values.mode,
    payment_intent: null,
    payment_method_collection: 'always',
    payment_method_types: ['card'],
    payment_status: values.mode === 'setup' || total === 0 ? 'no_payment_required' : 'unpaid',
    status: 'open',
    subscription: null,
    success_url: values.success_url ?? null,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: 'hosted_page',
    url: `${world.origin}/_simulator/pay/${id}`,
  };
  world.store.put('checkout_sessions', session);
  world.store.put('settings', { id: `checkout:${id}`, value: JSON.stringify(dataOf(values)) });
  schedule(
    world,
    'checkout_expiry',
    id,
    world.store.find('customers', values.customer ?? '')?.test_clock ?? null,
    session.expires_at,
  );
  return session;
});

/** What the session's payment or subscription will carry. */
function dataOf(values: {
  readonly subscription_data?: object | undefined;
  readonly payment_intent_data?: object | undefined;
}): object {
  return { ...values.payment_intent_data, ...values.subscription_data };
}

function expire(world: World, id: string): CheckoutSession {
  const session = need(world, 'checkout_sessions', id, 'checkout session');
  if (session.status !== 'open')
    throw invalidRequest(`Only Checkout Sessions with a status of open can be expired. This one is ${session.status}.`);
  unschedule(world, 'checkout_expiry', id);
  return change(world, 'checkout_sessions', id, { status: 'expired', url: null }, 'checkout.session.expired');
}

/** The customer pays on Stripe's page: only the simulator's control can say so. */
export function payCheckout(world: World, id: string, method: string): CheckoutSession {
  const session = need(world, 'checkout_sessions', id, 'checkout session');
  if (session.status !== 'open') throw invalidRequest(`This Checkout Session is ${session.status}.`);
  const given: unknown = JSON.parse(String(world.store.find('settings', `checkout:${id}`)?.value ?? '{}'));
  const result = completeCheckout(world, session, method, given as object);
  unschedule(world, 'checkout_expiry', id);
  world.store.remove('settings', `checkout:${id}`);
  const done = world.store.patch('checkout_sessions', id, { ...result, status: 'complete', url: null });
  emit(world, 'checkout.session.completed', done);
  tellEntitlements(world);
  return done;
}

export const checkoutSessionRoutes = [
  create,
  route(
    'GET',
    '/v1/checkout/sessions',
    {
      ...paging,
      created: range(),
      customer: word(),
      customer_details: ignored(),
      payment_intent: word(),
      payment_link: word(),
      status: word(),
      subscription: word(),
    },
    ({ world, values, path }) => {
      const found = world.store
        .all('checkout_sessions')
        .filter(
          (session) =>
            (values.customer === undefined || session.customer === values.customer) &&
            (values.payment_intent === undefined || session.payment_intent === values.payment_intent) &&
            (values.subscription === undefined || session.subscription === values.subscription) &&
            (values.status === undefined || session.status === values.status) &&
            (values.created?.(session.created) ?? true),
        );
      return page(found.toReversed(), values, path);
    },
  ),
  route('GET', '/v1/checkout/sessions/{id}', {}, ({ world, id }) =>
    need(world, 'checkout_sessions', id, 'checkout session'),
  ),
  route('GET', '/v1/checkout/sessions/{id}/line_items', paging, ({ world, id, values, path }) =>
    page(need(world, 'checkout_sessions', id, 'checkout session').line_items?.data ?? [], values, path),
  ),
  route('POST', '/v1/checkout/sessions/{id}/expire', {}, ({ world, id }) => expire(world, id)),
];

export const checkoutTasks = {
  checkout_expiry: (world: World, id: string) => {
    if (world.store.find('checkout_sessions', id)?.status === 'open') expire(world, id);
  },
};
