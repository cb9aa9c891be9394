import { moveCustomerBalance } from './customer-balance.ts';
import { invalidRequest } from './errors.ts';
import { freshId } from './ids.ts';
import { page } from './pagination.ts';
import {
  changedMetadata,
  emptyable,
  ignored,
  integer,
  metadata,
  object,
  paging,
  range,
  text,
  word,
} from './parameters.ts';
import { attachedPaymentMethod } from './payment-methods.ts';
import { route } from './routes.ts';
import type { Customer } from './wire.ts';
import { change, emit, need, type World } from './world.ts';

const address = emptyable(
  object({ city: text(), country: text(), line1: text(), line2: text(), postal_code: text(), state: text() }),
);
const editable = {
  address,
  balance: integer(),
  business_name: text(150),
  description: text(),
  email: text(512),
  individual_name: text(150),
  invoice_prefix: word(12),
  invoice_settings: object({
    custom_fields: ignored(),
    default_payment_method: emptyable(word()),
    footer: text(),
    rendering_options: ignored(),
  }),
  metadata: metadata(),
  name: text(256),
  next_invoice_sequence: integer(1),
  phone: text(20),
  preferred_locales: ignored(),
  shipping: ignored(),
  source: word(),
  tax: ignored(),
  tax_exempt: emptyable(word()),
};
type Address = NonNullable<Customer['address']>;

type CustomerAddress = { readonly [K in keyof Address]: string | null | undefined } | null;

function addressOf(given: CustomerAddress | undefined): Address | null {
  if (given === null || given === undefined) return null;
  return {
    city: given.city ?? null,
    country: given.country ?? null,
    line1: given.line1 ?? null,
    line2: given.line2 ?? null,
    postal_code: given.postal_code ?? null,
    state: given.state ?? null,
  };
}

/** The customer with this id, refused when deleted. */
function liveCustomer(world: World, id: string, param = 'customer'): Customer {
  return need(world, 'customers', id, 'customer', param);
}

function invoicePrefix(): string {
  return freshId('x', 8).slice(2).toUpperCase();
}

interface CustomerFacts {
  readonly address?: CustomerAddress | undefined;
  readonly description?: string | null | undefined;
  readonly email?: string | null | undefined;
  readonly invoice_prefix?: string | undefined;
  readonly invoice_settings?: { readonly footer?: string | null | undefined } | undefined;
  readonly metadata?: Record<string, string>;
  readonly name?: string | null | undefined;
  readonly next_invoice_sequence?: number | undefined;
  readonly phone?: string | null | undefined;
  readonly tax_exempt?: string | null | undefined;
  readonly test_clock?: string | null;
}

/** Stores a new customer. */
export function newCustomer(world: World, values: CustomerFacts, telling: 'aloud' | 'quietly' = 'aloud'): Customer {
  const clock = values.test_clock ?? null;
  const customer: Customer = {
    id: freshId('cus', 14),
    object: 'customer',
    address: addressOf(values.address),
    balance: 0,
    created: world.now(clock),
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: values.description ?? null,
    discount: null,
    email: values.email ?? null,
    invoice_prefix: values.invoice_prefix ?? invoicePrefix(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: values.invoice_settings?.footer ?? null,
      rendering_options: null,
    },
    livemode: false,
    metadata: values.metadata ?? {},
    name: values.name ?? null,
    next_invoice_sequence: values.next_invoice_sequence ?? 1,
    phone: values.phone ?? null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: values.tax_exempt ?? 'none',
    test_clock: clock,
  };
  world.store.put('customers', customer);
  if (telling === 'aloud') emit(world, 'customer.created', customer);
  return customer;
}

function refuseFullClock(world: World, clock: string): void {
  need(world, 'test_clocks', clock, 'testclock', 'test_clock');
  const most = world.switches.testClockCustomersMax;
  if (world.store.by('customers', 'test_clock', clock).length < most) return;
  throw invalidRequest(`A test clock can have at most ${most} customers.`, { param: 'test_clock' });
}

const create = route(
  'POST',
  '/v1/customers',
  { ...editable, payment_method: word(), tax_id_data: ignored(), test_clock: word() },
  ({ world, values }) => {
    const clock = values.test_clock ?? null;
    if (clock !== null) refuseFullClock(world, clock);
    const customer = newCustomer(
      world,
      { ...values, test_clock: clock, metadata: changedMetadata({}, values.metadata) },
      'quietly',
    );
    const named = values.payment_method;
    const attached = named === undefined ? undefined : attachedPaymentMethod(world, named, customer.id);
    if (values.source !== undefined) useSource(world, values.source, customer.id);
    const wanted = values.invoice_settings?.default_payment_method;
    setDefaultPaymentMethod(world, customer.id, wanted === named ? attached?.id : wanted);
    if (values.balance !== undefined && values.balance !== 0) {
      moveCustomerBalance(world, customer.id, values.balance, { type: 'initial' });
    }
    const stored = liveCustomer(world, customer.id);
    emit(world, 'customer.created', stored);
    return stored;
  },
);

function useSource(world: World, source: string, customer: string): void {
  const method = attachedPaymentMethod(world, source, customer);
  world.store.patch('customers', customer, { default_source: method.id });
}

function setDefaultPaymentMethod(world: World, id: string, method: string | null | undefined): void {
  if (method === undefined) return;
  const customer = liveCustomer(world, id);
  const attached = method === null ? null : attachedPaymentMethod(world, method, id).id;
  const settings = { ...customer.invoice_settings, default_payment_method: attached };
  world.store.patch('customers', id, { invoice_settings: settings });
}

const update = route('POST', '/v1/customers/{id}', { ...editable, default_source: word() }, ({ world, id, values }) => {
  const before = liveCustomer(world, id, 'id');
  setDefaultPaymentMethod(world, id, values.invoice_settings?.default_payment_method);
  if (values.source !== undefined) useSource(world, values.source, id);
  if (values.balance !== undefined) {
    moveCustomerBalance(world, id, values.balance - before.balance, { type: 'adjustment' }, 'quietly');
  }
  const settled = liveCustomer(world, id);
  world.store.patch('customers', id, before);
  return change(
    world,
    'customers',
    id,
    {
      balance: settled.balance,
      currency: settled.currency ?? null,
      default_source: settled.default_source,
      invoice_settings: {
        ...settled.invoice_settings,
        ...(values.invoice_settings?.footer === undefined ? {} : { footer: values.invoice_settings.footer }),
      },
      metadata: changedMetadata(before.metadata, values.metadata),
      ...(values.address === undefined ? {} : { address: addressOf(values.address) }),
      ...(values.description === undefined ? {} : { description: values.description }),
      ...(values.email === undefined ? {} : { email: values.email }),
      ...(values.name === undefined ? {} : { name: values.name }),
      ...(values.phone === undefined ? {} : { phone: values.phone }),
      ...(values.invoice_prefix === undefined ? {} : { invoice_prefix: values.invoice_prefix }),
      ...(values.next_invoice_sequence === undefined ? {} : { next_invoice_sequence: values.next_invoice_sequence }),
      ...(values.tax_exempt === undefined ? {} : { tax_exempt: values.tax_exempt ?? 'none' }),
    },
    'customer.updated',
  );
});

const filters = { ...paging, created: range(), email: word(), test_clock: word() };

export const customerRoutes = [
  create,
  update,
  route('GET', '/v1/customers', filters, ({ world, values, path }) => {
    const found = world.store
      .all('customers')
      .filter(
        (customer) =>
          (values.created?.(customer.created) ?? true) &&
          (values.email === undefined || customer.email === values.email) &&
          (customer.test_clock ?? undefined) === values.test_clock,
      );
    return page(found.toReversed(), values, path);
  }),
  route('GET', '/v1/customers/{id}', {}, ({ world, id }) => {
    const gone = world.store.find('deleted', id);
    return gone ?? liveCustomer(world, id, 'id');
  }),
  route('DELETE', '/v1/customers/{id}', {}, ({ world, id }) => {
    const customer = liveCustomer(world, id, 'id');
    for (const { id: subscription, status } of world.store.by('subscriptions', 'customer', id)) {
      if (status === 'canceled') continue;
      for (const task of world.store.by('tasks', 'object', subscription)) world.store.remove('tasks', task.id);
      change(
        world,
        'subscriptions',
        subscription,
        { status: 'canceled', ended_at: world.now(customer.test_clock) },
        'customer.subscription.deleted',
      );
    }
    world.store.remove('customers', id);
    const gone = world.store.put('deleted', { id, object: 'customer', deleted: true });
    emit(world, 'customer.deleted', customer);
    return gone;
  }),
];
