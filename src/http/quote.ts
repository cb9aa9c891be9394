import { quote as quoteBody } from '../contract/usage.ts';
import { formatCredits } from '../domain/amount.ts';
import { quoteUsage } from '../operations/quote-usage.ts';
import { shownCheck } from './check.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

export const quoteRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/quote',
    scopes: ['ingest', 'read'],
    reply: async ({ deps }, { body }) => {
      const asked = parse(quoteBody, body);
      if ('rejected' in asked) return asked;
      const quoted = await quoteUsage(deps, {
        ...asked.value,
        member: asked.value.member ?? null,
        agent: asked.value.agent ?? null,
      });
      if ('rejected' in quoted) return quoted;
      return ok({
        object: 'quote',
        allowed: quoted.allowed,
        cost: formatCredits(quoted.cost),
        balance: formatCredits(quoted.available),
        would_use_overage: formatCredits(quoted.overage),
        lines: quoted.lines.map(({ action, check }) => ({ object: 'quote_line', action, ...shownCheck(check) })),
      });
    },
  },
];
