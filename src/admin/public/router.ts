// Pages for buyers, who have no account with us: what things cost, and each plan's rules.
import { type RequestHandler, Router } from 'express';
import helmet from 'helmet';

import { readPolicy } from '../../operations/read-policy.ts';
import { readPriceList } from '../../operations/read-price-list.ts';
import type { ConsoleContext } from '../console-context.ts';
import type { Children } from '../markup.ts';
import { heading, problem } from '../parts.ts';
import { SECURITY_HEADERS } from '../security-headers.ts';
import { sentence } from '../words.ts';
import { burnTablePage } from './burn-table-page.ts';
import { publicDocument } from './frame.ts';
import { planPage } from './plan-page.ts';

/** Mount it where the product is mounted. */
export function createPublicPages(context: ConsoleContext): Router {
  const router = Router({ caseSensitive: true });
  const secure = helmet(SECURITY_HEADERS);
  router.get(
    '/burn-table',
    secure,
    show(context, async () => {
      const list = await readPriceList(context.deps);
      return { title: 'What things cost', body: (base) => burnTablePage(list, base) };
    }),
  );
  router.get(
    '/plans/:plan',
    secure,
    show(context, async (params) => {
      const policy = await readPolicy(context.deps, { plan: params['plan'] ?? '' });
      if ('rejected' in policy) {
        const { message } = policy.rejected;
        return {
          title: 'No such plan',
          status: 404,
          body: () => [heading('No such plan'), problem(sentence(message))],
        };
      }
      return { title: `${policy.name}: the rules`, body: (base) => planPage(policy, base) };
    }),
  );
  return router;
}

interface PublicPage {
  readonly title: string;
  readonly status?: number;
  readonly body: (base: string) => Children;
}

function show(
  { mode, notReady }: ConsoleContext,
  read: (params: Readonly<Record<string, string>>) => Promise<PublicPage>,
): RequestHandler {
  return async (request, response) => {
    if (notReady() !== null) {
      response.status(503).set({ 'retry-after': '2', refresh: '2' }).type('text/plain').send('Starting; one moment.\n');
      return;
    }
    const { title, status = 200, body } = await read(request.params as Record<string, string>);
    const { baseUrl: base } = request;
    response
      .status(status)
      .set('cache-control', 'public, max-age=60')
      .type('html')
      .send(publicDocument({ title, mode, base }, body(base)));
  };
}
