import { captureHold as captureBody, placeHold as placeBody, releaseHold as releaseBody } from '../contract/holds.ts';
import { toWireId, wireId } from '../contract/ids.ts';
import { toProviderUse } from '../contract/provider-use.ts';
import { formatCredits, parseCredits } from '../domain/amount.ts';
import { captureHold, releaseHold } from '../operations/capture-hold.ts';
import { placeHold } from '../operations/place-hold.ts';
import type { HoldAnswer } from '../operations/pool-request.ts';
import { readHold } from '../operations/read-hold.ts';
import { parse } from './parse.ts';
import { type Answer, type ApiRequest, idempotencyOf, ok, type Route } from './route.ts';

export const holdRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/holds',
    isHot: true,
    scopes: ['ingest'],
    needsIdempotencyKey: true,
    reply: async (context, request) => {
      const asked = parse(placeBody, request.body);
      if ('rejected' in asked) return asked;
      const { customer, action, quantities, credits, dimensions, ttl_seconds, member, agent, provider } = asked.value;
      const placed = await placeHold(context, {
        customer,
        action,
        member: member ?? null,
        agent: agent ?? null,
        quantities: quantities ?? null,
        amount: credits === undefined ? null : microCredits(credits),
        dimensions,
        ttlSeconds: ttl_seconds ?? null,
        provider: provider ?? null,
        ...idempotencyOf(request),
      });
      return 'rejected' in placed ? placed : shown(placed.hold, placed.replayed);
    },
  },
  {
    method: 'get',
    path: '/v1/holds/:id',
    scopes: ['ingest', 'read', 'support'],
    reply: async ({ deps }, request) => {
      const id = parse(wireId('hold'), request.params['id']);
      if ('rejected' in id) return noHold(request);
      const hold = await readHold(deps, id.value);
      if ('rejected' in hold) return hold;
      return ok({
        id: request.params['id'],
        object: 'hold',
        customer: toWireId('customer', hold.customerId),
        state: hold.state,
        action: hold.action,
        member: hold.member,
        amount: formatCredits(hold.amount),
        captured: formatCredits(hold.captured),
        held: formatCredits(hold.held),
        placed_at: hold.placedAt,
        expires_at: hold.expiresAt,
        settled_at: hold.settledAt,
      });
    },
  },
  {
    method: 'post',
    path: '/v1/holds/:id/capture',
    isHot: true,
    scopes: ['ingest'],
    needsIdempotencyKey: true,
    reply: async (context, request) => {
      const id = parse(wireId('hold'), request.params['id']);
      if ('rejected' in id) return noHold(request);
      const asked = parse(captureBody, request.body);
      if ('rejected' in asked) return asked;
      const { quantities, amount, dimensions, final, provider } = asked.value;
      const captured = await captureHold(context, {
        holdId: id.value,
        quantities: quantities ?? null,
        amount: amount === undefined ? null : microCredits(amount),
        dimensions,
        final,
        provider: provider === undefined ? null : toProviderUse(provider),
        ...idempotencyOf(request),
      });
      return 'rejected' in captured ? captured : shown(captured.hold, captured.replayed);
    },
  },
  {
    method: 'post',
    path: '/v1/holds/:id/release',
    isHot: true,
    scopes: ['ingest'],
    needsIdempotencyKey: true,
    reply: async (context, request) => {
      const id = parse(wireId('hold'), request.params['id']);
      if ('rejected' in id) return noHold(request);
      const asked = parse(releaseBody, request.body);
      if ('rejected' in asked) return asked;
      const released = await releaseHold(context, { holdId: id.value, ...idempotencyOf(request) });
      return 'rejected' in released ? released : shown(released.hold, released.replayed);
    },
  },
];

function shown(hold: HoldAnswer, replayed: boolean): Answer {
  return ok(
    {
      id: toWireId('hold', hold.holdId),
      object: 'hold',
      state: hold.state,
      action: hold.action,
      amount: hold.amount,
      captured: hold.captured,
      held: hold.held,
      released: hold.released,
      balance: hold.available,
      placed_at: hold.placedAt,
      expires_at: hold.expiresAt,
      ...(hold.reserves === false && { reserves: false }),
    },
    replayed,
  );
}

function microCredits(text: string): bigint {
  const micro = parseCredits(text);
  if (micro === null) throw new Error('the schema let an amount through that is none');
  return micro;
}

function noHold(request: ApiRequest) {
  const id = (request.params['id'] ?? '').slice(0, 60);
  return {
    rejected: { code: 'unknown_hold', message: `${id} is not the id of a hold (hold_…)`, param: 'id' },
  } as const;
}
