// What customers may use by the features of what they subscribed to, and the event that says that it has changed.
import type { ActiveEntitlement, ActiveEntitlementSummary, Feature } from './wire.ts';
import { emit, need, type World } from './world.ts';

/** Features of the products of a customer's running subscriptions. */
function activeFeatures(world: World, customer: string): Feature[] {
  const products = world.store
    .by('subscriptions', 'customer', customer)
    .filter(({ status }) => ['active', 'trialing', 'past_due'].includes(status))
    .flatMap(({ items }) => items.data)
    .map(({ price }) => price.product);
  const ids = products
    .flatMap((product) => world.store.by('product_features', 'product', product))
    .map(({ feature }) => feature);
  return Array.from(new Set(ids), (id) => need(world, 'features', id, 'feature'));
}

/** What a customer is entitled to now. */
export function activeEntitlements(world: World, customer: string): ActiveEntitlement[] {
  return activeFeatures(world, customer).map((feature) => ({
    id: `ent_test_${feature.id.slice(-24)}`,
    object: 'entitlements.active_entitlement',
    feature: feature.id,
    livemode: false,
    lookup_key: feature.lookup_key,
  }));
}

/** Says of each customer whom the present transaction has entitled to something else what it is now. */
export function tellEntitlements(world: World): void {
  const { store } = world;
  const touched = store.touched();
  const everybody = touched.some(([kind]) => kind === 'product_features');
  const subscriptions = everybody
    ? store.all('subscriptions')
    : touched.flatMap(([kind, object]) => (kind === 'subscriptions' && 'customer' in object ? [object] : []));
  for (const customer of new Set(subscriptions.map((subscription) => String(subscription.customer)))) {
    const data = activeEntitlements(world, customer);
    const said = { id: `entitled:${customer}`, value: data.map(({ feature }) => feature).join(' ') };
    if ((store.find('settings', said.id)?.value ?? '') === said.value) continue;
    store.put('settings', said);
    const url = `/v1/customer/${customer}/entitlements`;
    const summary: ActiveEntitlementSummary = {
      object: 'entitlements.active_entitlement_summary',
      customer,
      entitlements: { object: 'list', data, has_more: false, url },
      livemode: false,
    };
    emit(world, 'entitlements.active_entitlement_summary.updated', summary);
  }
}
