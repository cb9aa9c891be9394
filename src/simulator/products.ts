import { invalidRequest } from './errors.ts';
import { defaultPriceData, newPrice, NO_PRICE_FACTS, NO_RECURRENCE } from './new-price.ts';
import { newProduct } from './new-product.ts';
import { page } from './pagination.ts';
import {
  array,
  boolean,
  changedMetadata,
  ignored,
  metadata,
  paging,
  range,
  required,
  text,
  word,
} from './parameters.ts';
import { route } from './routes.ts';
import { change, emit, need } from './world.ts';

const editable = {
  active: boolean(),
  description: text(),
  images: ignored(),
  marketing_features: ignored(),
  metadata: metadata(),
  package_dimensions: ignored(),
  shippable: ignored(),
  statement_descriptor: text(22),
  tax_code: text(),
  tax_details: ignored(),
  unit_label: text(12),
  url: text(),
};

export const productRoutes = [
  route(
    'POST',
    '/v1/products',
    { ...editable, name: required(word()), id: word(), type: word(), default_price_data: defaultPriceData },
    ({ world, values }) => {
      const product = newProduct(world, { ...values, metadata: changedMetadata({}, values.metadata) });
      if (values.default_price_data === undefined) return product;
      const { recurring, ...amounts } = values.default_price_data;
      const price = newPrice(world, product.id, {
        ...NO_PRICE_FACTS,
        ...amounts,
        ...(recurring !== undefined && { recurring: { ...NO_RECURRENCE, ...recurring } }),
      });
      return world.store.patch('products', product.id, { default_price: price.id });
    },
  ),
  route(
    'GET',
    '/v1/products',
    {
      ...paging,
      active: boolean(),
      created: range(),
      ids: array(word()),
      shippable: ignored(),
      type: word(),
      url: word(),
    },
    ({ world, values, path }) => {
      const found = world.store
        .all('products')
        .filter(
          ({ id, active, created }) =>
            (values.active === undefined || active === values.active) &&
            (values.created?.(created) ?? true) &&
            (values.ids === undefined || values.ids.includes(id)),
        );
      return page(found.toReversed(), values, path);
    },
  ),
  route(
    'GET',
    '/v1/products/{id}',
    {},
    ({ world, id }) => world.store.find('deleted', id) ?? need(world, 'products', id, 'product'),
  ),
  route('POST', '/v1/products/{id}', { ...editable, name: word(), default_price: word() }, ({ world, id, values }) => {
    const before = need(world, 'products', id, 'product');
    return change(
      world,
      'products',
      id,
      {
        metadata: changedMetadata(before.metadata, values.metadata),
        updated: world.now(),
        ...(values.active === undefined ? {} : { active: values.active }),
        ...(values.name === undefined ? {} : { name: values.name }),
        ...(values.description === undefined ? {} : { description: values.description }),
        ...(values.unit_label === undefined ? {} : { unit_label: values.unit_label }),
        ...(values.default_price === undefined ? {} : { default_price: values.default_price }),
        ...(values.tax_code === undefined ? {} : { tax_code: values.tax_code }),
        ...(values.statement_descriptor === undefined ? {} : { statement_descriptor: values.statement_descriptor }),
        ...(values.url === undefined ? {} : { url: values.url }),
      },
      'product.updated',
    );
  }),
  route('DELETE', '/v1/products/{id}', {}, ({ world, id }) => {
    const product = need(world, 'products', id, 'product');
    if (world.store.by('prices', 'product', id).length > 0) {
      throw invalidRequest('This product cannot be deleted because it has one or more user-created prices.');
    }
    world.store.remove('products', id);
    emit(world, 'product.deleted', product);
    return world.store.put('deleted', { id, object: 'product', deleted: true });
  }),
];
