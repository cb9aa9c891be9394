import {
  billGapQuery,
  providerBillBody,
  providerBillsQuery,
  shownGap,
  shownProviderBill,
  toBillLine,
} from '../contract/provider-bills.ts';
import { formatNano } from '../domain/nano-money.ts';
import { importProviderBill, readBillGap, readProviderBills } from '../operations/margin/provider-bills.ts';
import { actingOf } from './acting.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

const BILL_BYTES_MAX = 1_000_000;
const BILL_NODES_MAX = 60_000;

export const providerBillRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/provider_bills',
    scopes: ['finance'],
    bodyBytesMax: BILL_BYTES_MAX,
    bodyNodesMax: BILL_NODES_MAX,
    reply: async ({ deps, wake }, request) => {
      const asked = parse(providerBillBody, request.body);
      if ('rejected' in asked) return asked;
      const { provider, name, lines, dry_run: dryRun } = asked.value;
      const bill = { provider, name, lines: lines.map(toBillLine), dryRun };
      const imported = await importProviderBill(deps, actingOf(request), bill);
      wake('alerts');
      return 'rejected' in imported ? imported : ok({ ...shownProviderBill(imported.bill), state: imported.state });
    },
  },
  {
    method: 'get',
    path: '/v1/provider_bills',
    scopes: ['read', 'finance'],
    reply: async ({ deps }, request) => {
      const asked = parse(providerBillsQuery, request.query);
      if ('rejected' in asked) return asked;
      const { limit, starting_after: after } = asked.value;
      const bills = await readProviderBills(deps, actingOf(request), limit + 1, after);
      if ('rejected' in bills) return bills;
      const data = bills.slice(0, limit).map(shownProviderBill);
      return ok({ object: 'list', url: '/v1/provider_bills', has_more: bills.length > limit, data });
    },
  },
  {
    method: 'get',
    path: '/v1/provider_bills/gap',
    scopes: ['read', 'finance'],
    reply: async ({ deps }, request) => {
      const asked = parse(billGapQuery, request.query);
      if ('rejected' in asked) return asked;
      const { provider, from: firstDay, to: lastDay, all } = asked.value;
      const span = { provider, firstDay, lastDay, all: all === 'true' };
      const gap = await readBillGap(deps, actingOf(request), span);
      if ('rejected' in gap) return gap;
      return ok({
        object: 'bill_gap',
        provider,
        from: firstDay,
        to: lastDay,
        sums: gap.sums.map(({ gapNano, ...sum }) => ({ ...sum, gap: formatNano(gapNano) })),
        data: gap.rows.map(shownGap),
      });
    },
  },
];
