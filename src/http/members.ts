import { shownLot } from '../contract/balance.ts';
import { customerName, toWireId } from '../contract/ids.ts';
import { memberCap, memberName } from '../contract/members.ts';
import { formatCredits, parseCredits } from '../domain/amount.ts';
import { readMember } from '../operations/read-member.ts';
import { setMemberCap } from '../operations/set-member-cap.ts';
import { parse } from './parse.ts';
import type { Problem } from './problems.ts';
import { type ApiRequest, ok, type Route } from './route.ts';

export const memberRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/customers/:id/members/:member/balance',
    scopes: ['ingest', 'read', 'support', 'finance'],
    reply: async ({ deps }, request) => {
      const named = namesOf(request);
      if ('rejected' in named) return named;
      const found = await readMember(deps, named.value);
      if ('rejected' in found) return found;
      const { balance, cap } = found;
      return ok({
        object: 'member_balance',
        customer: toWireId('customer', found.customerId),
        member: named.value.member,
        has_pool: found.hasPool,
        available: formatCredits(balance.available),
        held: formatCredits(balance.held),
        overage: formatCredits(balance.overage),
        debt: formatCredits(balance.debt),
        lots: balance.lots.map((lot) => shownLot(lot)),
        cap:
          cap === null
            ? null
            : {
                credits: cap.credits === null ? null : formatCredits(cap.credits),
                window: cap.window,
                used: formatCredits(cap.used),
              },
        as_of: found.asOf,
      });
    },
  },
  {
    method: 'put',
    path: '/v1/customers/:id/members/:member/cap',
    scopes: ['support'],
    reply: async ({ deps }, request) => {
      const named = namesOf(request);
      if ('rejected' in named) return named;
      const asked = parse(memberCap, request.body);
      if ('rejected' in asked) return asked;
      const { cap, reason } = asked.value;
      const credits = cap?.credits ?? null;
      const set = await setMemberCap(deps, {
        ...named.value,
        cap: cap === null ? null : { credits: credits === null ? null : parseCredits(credits), window: cap.window },
        reason: reason ?? null,
        actor: `key:${request.caller.name}`,
      });
      if ('rejected' in set) return set;
      return ok({
        object: 'member_cap',
        customer: toWireId('customer', set.customerId),
        member: named.value.member,
        credits: set.limit === null ? null : formatCredits(set.limit),
        window: set.window,
        used: set.used === null ? null : formatCredits(set.used),
        note: set.note,
      });
    },
  },
];

type Names =
  | { readonly value: { readonly customer: string; readonly member: string } }
  | { readonly rejected: Problem };

function namesOf({ params }: ApiRequest): Names {
  const customer = parse(customerName, params['id']);
  if ('rejected' in customer) return { rejected: { ...customer.rejected, param: 'id' } };
  const member = parse(memberName, params['member']);
  if ('rejected' in member) return { rejected: { ...member.rejected, param: 'member' } };
  return { value: { customer: customer.value, member: member.value } };
}
