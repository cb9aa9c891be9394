import { Router } from 'express';

import { VERSION } from '../contract/version.ts';
import type { HttpContext } from './context.ts';

/** `GET /`: where a person who only has the address finds the rest. */
export function frontDoor({ docsUrl }: Pick<HttpContext, 'docsUrl'>): Router {
  const router = Router();
  router.get('/', (_request, response) => {
    response.json({
      name: 'creditpool',
      version: VERSION,
      api: '/v1',
      health: '/healthz',
      ready: '/readyz',
      openapi: '/openapi.json',
      reference: '/docs',
      errors: docsUrl,
    });
  });
  return router;
}
