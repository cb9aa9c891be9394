import { activeEntitlements } from './entitlements.ts';
import { invalidRequest } from './errors.ts';
import { freshId } from './ids.ts';
import { page } from './pagination.ts';
import { boolean, changedMetadata, metadata, paging, required, word } from './parameters.ts';
import { route } from './routes.ts';
import type { ProductFeature } from './wire.ts';
import { need, type World } from './world.ts';

function attachment(world: World, id: string): ProductFeature {
  const record = need(world, 'product_features', id, 'product feature');
  const feature = need(world, 'features', record.feature, 'feature');
  return { id, object: 'product_feature', entitlement_feature: feature, livemode: false };
}

export const featureRoutes = [
  route(
    'POST',
    '/v1/entitlements/features',
    { lookup_key: required(word(80)), name: required(word(80)), metadata: metadata() },
    ({ world, values }) => {
      if (world.store.all('features').some(({ lookup_key: key }) => key === values.lookup_key)) {
        throw invalidRequest(`There is already a feature with lookup key ${values.lookup_key}.`, {
          param: 'lookup_key',
        });
      }
      return world.store.put('features', {
        id: freshId('feat_test', 24),
        object: 'entitlements.feature',
        active: true,
        livemode: false,
        lookup_key: values.lookup_key,
        metadata: changedMetadata({}, values.metadata),
        name: values.name,
      });
    },
  ),
  route(
    'GET',
    '/v1/entitlements/features',
    { ...paging, archived: boolean(), lookup_key: word() },
    ({ world, values, path }) => {
      const found = world.store
        .all('features')
        .filter(
          ({ active, lookup_key: key }) =>
            (values.lookup_key === undefined || key === values.lookup_key) &&
            (values.archived === undefined || active !== values.archived),
        );
      return page(found.toReversed(), values, path);
    },
  ),
  route('GET', '/v1/entitlements/features/{id}', {}, ({ world, id }) => need(world, 'features', id, 'feature')),
  route(
    'POST',
    '/v1/entitlements/features/{id}',
    { active: boolean(), metadata: metadata(), name: word(80) },
    ({ world, id, values }) => {
      const before = need(world, 'features', id, 'feature');
      return world.store.patch('features', id, {
        active: values.active ?? before.active,
        metadata: changedMetadata(before.metadata, values.metadata),
        name: values.name ?? before.name,
      });
    },
  ),
  route(
    'GET',
    '/v1/entitlements/active_entitlements',
    { ...paging, customer: required(word()) },
    ({ world, values, path }) => {
      return page(activeEntitlements(world, values.customer), values, path);
    },
  ),
  route('POST', '/v1/products/{id}/features', { entitlement_feature: required(word()) }, ({ world, id, values }) => {
    need(world, 'products', id, 'product');
    need(world, 'features', values.entitlement_feature, 'feature', 'entitlement_feature');
    const record = { id: freshId('prodft_test', 24), product: id, feature: values.entitlement_feature };
    world.store.put('product_features', record);
    return attachment(world, record.id);
  }),
  route('GET', '/v1/products/{id}/features', paging, ({ world, id, values, path }) =>
    page(
      world.store
        .by('product_features', 'product', id)
        .toReversed()
        .map((record) => attachment(world, record.id)),
      values,
      path,
    ),
  ),
  route('GET', '/v1/products/{id}/features/{child}', {}, ({ world, child }) => attachment(world, child)),
  route('DELETE', '/v1/products/{id}/features/{child}', {}, ({ world, child }) => {
    attachment(world, child);
    world.store.remove('product_features', child);
    return { id: child, object: 'product_feature', deleted: true };
  }),
];
