import { invalidRequest } from './errors.ts';
import { newPrice, priceShape, takeLookupKey } from './new-price.ts';
import { newProduct } from './new-product.ts';
import { page } from './pagination.ts';
import {
  array,
  boolean,
  changedMetadata,
  ignored,
  metadata,
  object,
  oneOf,
  paging,
  range,
  required,
  text,
  word,
  type Values,
} from './parameters.ts';
import { route } from './routes.ts';
import type { Price } from './wire.ts';
import { change, need } from './world.ts';

const productData = object({
  name: required(word()),
  id: word(),
  active: boolean(),
  metadata: metadata(),
  statement_descriptor: text(22),
  tax_code: text(),
  tax_details: ignored(),
  unit_label: text(12),
});
const filters = {
  ...paging,
  active: boolean(),
  created: range(),
  currency: word(3),
  lookup_keys: array(word(), 10),
  product: word(),
  recurring: object({ interval: word(), meter: word(), usage_type: word() }),
  type: oneOf('one_time', 'recurring'),
};

function fits(price: Price, values: Values<typeof filters>): boolean {
  const { recurring } = values;
  return (
    price.active === (values.active ?? true) &&
    (values.created?.(price.created) ?? true) &&
    (values.currency === undefined || price.currency === values.currency) &&
    (values.lookup_keys === undefined ||
      (price.lookup_key !== null && values.lookup_keys.includes(price.lookup_key))) &&
    (values.product === undefined || price.product === values.product) &&
    (values.type === undefined || price.type === values.type) &&
    (recurring?.meter === undefined || price.recurring?.meter === recurring.meter) &&
    (recurring?.interval === undefined || price.recurring?.interval === recurring.interval) &&
    (recurring?.usage_type === undefined || price.recurring?.usage_type === recurring.usage_type)
  );
}

export const priceRoutes = [
  route('POST', '/v1/prices', { ...priceShape, product: word(), product_data: productData }, ({ world, values }) => {
    if ((values.product === undefined) === (values.product_data === undefined)) {
      throw invalidRequest('You must specify exactly one of `product` and `product_data`.', { param: 'product' });
    }
    const data = values.product_data;
    const product =
      data === undefined
        ? need(world, 'products', values.product ?? '', 'product', 'product')
        : newProduct(world, { ...data, metadata: changedMetadata({}, data.metadata) });
    return newPrice(world, product.id, values);
  }),
  route('GET', '/v1/prices', filters, ({ world, values, path }) =>
    page(
      world.store
        .all('prices')
        .filter((price) => fits(price, values))
        .toReversed(),
      values,
      path,
    ),
  ),
  route('GET', '/v1/prices/{id}', {}, ({ world, id }) => need(world, 'prices', id, 'price')),
  route(
    'POST',
    '/v1/prices/{id}',
    {
      active: boolean(),
      currency_options: ignored(),
      lookup_key: text(200),
      metadata: metadata(),
      nickname: text(),
      tax_behavior: oneOf('exclusive', 'inclusive', 'unspecified'),
      transfer_lookup_key: boolean(),
    },
    ({ world, id, values }) => {
      const before = need(world, 'prices', id, 'price');
      if (typeof values.lookup_key === 'string') {
        takeLookupKey(world, values.lookup_key, values.transfer_lookup_key ?? false, id);
      }
      return change(
        world,
        'prices',
        id,
        {
          metadata: changedMetadata(before.metadata, values.metadata),
          ...(values.active === undefined ? {} : { active: values.active }),
          ...(values.lookup_key === undefined ? {} : { lookup_key: values.lookup_key }),
          ...(values.nickname === undefined ? {} : { nickname: values.nickname }),
          ...(values.tax_behavior === undefined ? {} : { tax_behavior: values.tax_behavior }),
        },
        'price.updated',
      );
    },
  ),
];
