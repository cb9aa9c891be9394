import { Router } from 'express';

import { readHealth } from '../operations/read-health.ts';
import type { HttpContext } from './context.ts';

/** `/healthz`: the process lives. `/readyz`: send it traffic; with the figures that say why, or why not. */
export function healthRouter(context: HttpContext): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  router.get('/readyz', async (_request, response) => {
    const because = context.notReady();
    if (because !== null) {
      response.status(503).json({ status: 'not_ready', because });
      return;
    }
    const health = await readHealth(context.deps);
    response.status('because' in health ? 503 : 200).json({
      status: 'because' in health ? 'not_ready' : 'ready',
      ...health,
    });
  });
  return router;
}
