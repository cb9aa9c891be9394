import {
  demotion,
  launchQuery,
  promotion,
  reviewDate,
  shownLaunch,
  shownSignOff,
  signature,
} from '../contract/launch.ts';
import { demoteActions, promoteActions } from '../operations/launch/move-actions.ts';
import { readLaunch } from '../operations/launch/read-launch.ts';
import { setReviewDate } from '../operations/launch/set-review-date.ts';
import { signGateRow } from '../operations/launch/sign-gate-row.ts';
import { actingOf } from './acting.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

/** The launch ladder and its gate. */
export const launchRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/launch',
    scopes: ['read', 'finance'],
    reply: async ({ deps }, { query }) => {
      const asked = parse(launchQuery, query);
      if ('rejected' in asked) return asked;
      const launch = await readLaunch(deps, asked.value);
      return 'rejected' in launch ? launch : ok(shownLaunch(launch));
    },
  },
  {
    method: 'post',
    path: '/v1/launch/promotions',
    scopes: ['finance'],
    reply: async ({ deps }, request) => {
      const asked = parse(promotion, request.body);
      if ('rejected' in asked) return asked;
      const { review_on: reviewOn, ...rest } = asked.value;
      const moved = await promoteActions(deps, actingOf(request), {
        ...rest,
        ...(reviewOn !== undefined && { reviewOn }),
      });
      return 'rejected' in moved ? moved : ok(shownLaunch(moved.launch));
    },
  },
  {
    method: 'post',
    path: '/v1/launch/demotions',
    scopes: ['finance'],
    reply: async ({ deps }, request) => {
      const asked = parse(demotion, request.body);
      if ('rejected' in asked) return asked;
      const moved = await demoteActions(deps, actingOf(request), asked.value);
      return 'rejected' in moved ? moved : ok(shownLaunch(moved.launch));
    },
  },
  {
    method: 'post',
    path: '/v1/launch/sign_offs',
    scopes: ['support', 'finance'],
    reply: async ({ deps }, request) => {
      const asked = parse(signature, request.body);
      if ('rejected' in asked) return asked;
      const signed = await signGateRow(deps, actingOf(request), asked.value);
      return 'rejected' in signed ? signed : ok({ object: 'gate_sign_off', ...shownSignOff(signed) });
    },
  },
  {
    method: 'post',
    path: '/v1/launch/reviews',
    scopes: ['finance'],
    reply: async ({ deps }, request) => {
      const asked = parse(reviewDate, request.body);
      if ('rejected' in asked) return asked;
      const { review_on: reviewOn, reason } = asked.value;
      const set = await setReviewDate(deps, actingOf(request), { reviewOn, reason });
      return 'rejected' in set ? set : ok({ object: 'model_review', review_on: set.reviewOn });
    },
  },
];
