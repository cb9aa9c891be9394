import { readPriceList, shownPrice } from '../contract/model-prices.ts';
import { pushModelPrices, readModelPrices } from '../operations/margin/model-prices.ts';
import { actingOf } from './acting.ts';
import { ok, type Route } from './route.ts';

export const modelPriceRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/model_prices',
    scopes: ['read', 'finance'],
    reply: async ({ deps }, request) => {
      const prices = await readModelPrices(deps, actingOf(request));
      if ('rejected' in prices) return prices;
      return ok({ object: 'list', url: '/v1/model_prices', has_more: false, data: prices.all.map(shownPrice) });
    },
  },
  {
    method: 'post',
    path: '/v1/model_prices',
    scopes: ['finance'],
    reply: async ({ deps }, request) => {
      const read = readPriceList(request.body);
      if ('findings' in read) {
        const message = 'the price list has another form than docs/margin.md shows; details list what';
        return { rejected: { code: 'lint_failed', message, details: read.findings } };
      }
      const pushed = await pushModelPrices(deps, actingOf(request), { list: read.list, dryRun: false });
      if ('rejected' in pushed) return pushed;
      const { added, corrected } = pushed;
      return ok({ object: 'price_list_push', pushed: pushed.pushed, corrected, added: added.map(shownPrice) });
    },
  },
];
