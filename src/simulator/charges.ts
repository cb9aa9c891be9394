import { page } from './pagination.ts';
import { changedMetadata, ignored, metadata, paging, range, text, word } from './parameters.ts';
import { route } from './routes.ts';
import { change, need } from './world.ts';

export const chargeRoutes = [
  route(
    'GET',
    '/v1/charges',
    { ...paging, created: range(), customer: word(), payment_intent: word(), transfer_group: ignored() },
    ({ world, values, path }) => {
      const found = world.store
        .all('charges')
        .filter(
          (charge) =>
            (values.created?.(charge.created) ?? true) &&
            (values.customer === undefined || charge.customer === values.customer) &&
            (values.payment_intent === undefined || charge.payment_intent === values.payment_intent),
        );
      return page(found.toReversed(), values, path);
    },
  ),
  route('GET', '/v1/charges/{id}', {}, ({ world, id }) => need(world, 'charges', id, 'charge')),
  route('POST', '/v1/charges/{id}', { description: text(), metadata: metadata() }, ({ world, id, values }) => {
    const before = need(world, 'charges', id, 'charge');
    const description = values.description === undefined ? before.description : values.description;
    const changes = { description, metadata: changedMetadata(before.metadata, values.metadata) };
    return change(world, 'charges', id, changes, 'charge.updated');
  }),
];
