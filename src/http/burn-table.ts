import { z } from 'zod';

import { toWireId } from '../contract/ids.ts';
import { instant } from '../contract/text.ts';
import { type PricedAction, readBurnTable } from '../operations/read-burn-table.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

const burnTableQuery = z.strictObject({ at: instant.optional() });

export const burnTableRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/burn_table',
    scopes: ['ingest', 'read', 'support', 'finance'],
    reply: async ({ deps }, { query }) => {
      const asked = parse(burnTableQuery, query);
      if ('rejected' in asked) return asked;
      const { unit, asOf, actions } = await readBurnTable(deps, asked.value.at ?? null);
      return ok({
        object: 'burn_table',
        unit,
        as_of: asOf,
        data: actions.map(({ action, inForce, next }) => ({
          object: 'action_rate',
          action,
          in_force: inForce === null ? null : shownRow(inForce),
          next: next === null ? null : shownRow(next),
        })),
      });
    },
  },
];

function shownRow({ burnRateId, feature, effectiveFrom, rate }: NonNullable<PricedAction['inForce']>) {
  return { id: toWireId('rate', burnRateId), feature, effective_from: effectiveFrom, rate };
}
