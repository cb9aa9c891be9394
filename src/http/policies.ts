import { type RequestHandler, Router } from 'express';

import { shownPolicy } from '../contract/policies.ts';
import { readPolicy } from '../operations/read-policy.ts';
import type { HttpContext } from './context.ts';
import { sendProblem } from './errors.ts';

/** What a plan's rules are: for whoever asks, since a buyer has no key. */
export function policyRouter(context: HttpContext): Router {
  return Router().get('/v1/plans/:plan/policy', showPolicy(context));
}

function showPolicy(context: HttpContext): RequestHandler {
  return async (request, response) => {
    const policy = await readPolicy(context.deps, { plan: String(request.params['plan']) });
    if ('rejected' in policy) sendProblem(context, response, policy.rejected);
    else response.json(shownPolicy(policy));
  };
}
