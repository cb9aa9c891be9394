import { freshId } from './ids.ts';
import { page } from './pagination.ts';
import { boolean, changedMetadata, decimal, metadata, paging, range, required, text, word } from './parameters.ts';
import { route } from './routes.ts';
import type { TaxRate } from './wire.ts';
import { change, emit, need } from './world.ts';

const editable = {
  active: boolean(),
  country: word(),
  description: text(),
  display_name: word(50),
  jurisdiction: word(),
  metadata: metadata(),
  state: word(),
  tax_type: word(),
};

export const taxRateRoutes = [
  route(
    'POST',
    '/v1/tax_rates',
    { ...editable, display_name: required(word(50)), inclusive: required(boolean()), percentage: required(decimal()) },
    ({ world, values }) => {
      const rate: TaxRate = {
        id: freshId('txr'),
        object: 'tax_rate',
        active: values.active ?? true,
        country: values.country ?? null,
        created: world.now(),
        description: values.description ?? null,
        display_name: values.display_name,
        effective_percentage: null,
        flat_amount: null,
        inclusive: values.inclusive,
        jurisdiction: values.jurisdiction ?? null,
        jurisdiction_level: null,
        livemode: false,
        metadata: changedMetadata({}, values.metadata),
        percentage: Number(values.percentage),
        rate_type: 'percentage',
        state: values.state ?? null,
        tax_type: values.tax_type ?? null,
      };
      world.store.put('tax_rates', rate);
      emit(world, 'tax_rate.created', rate);
      return rate;
    },
  ),
  route(
    'GET',
    '/v1/tax_rates',
    { ...paging, active: boolean(), created: range(), inclusive: boolean() },
    ({ world, values, path }) => {
      const found = world.store
        .all('tax_rates')
        .filter(
          (rate) =>
            (values.active === undefined || rate.active === values.active) &&
            (values.inclusive === undefined || rate.inclusive === values.inclusive) &&
            (values.created?.(rate.created) ?? true),
        );
      return page(found.toReversed(), values, path);
    },
  ),
  route('GET', '/v1/tax_rates/{id}', {}, ({ world, id }) => need(world, 'tax_rates', id, 'tax rate')),
  route('POST', '/v1/tax_rates/{id}', editable, ({ world, id, values }) => {
    const before = need(world, 'tax_rates', id, 'tax rate');
    const changes = {
      active: values.active ?? before.active,
      display_name: values.display_name ?? before.display_name,
      metadata: changedMetadata(before.metadata, values.metadata),
    };
    return change(world, 'tax_rates', id, changes, 'tax_rate.updated');
  }),
];
