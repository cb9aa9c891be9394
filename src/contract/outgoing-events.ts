// What endpoints and hooks are told: `type` names the kind, `data.object` has what happened. A snapshot, the same in every try.
import { z } from 'zod';

import { ALERT_KINDS, type AlertKind } from '../domain/alert.ts';
import { at, atOrNull, credits, currency, idOf, word, wordOrNull } from './wire-values.ts';

const inPeriod = { period: z.uuid(), used: credits, available: credits };
const grant = { grant: idOf('grant'), source: word, member: wordOrNull, expires_at: atOrNull };
const minorText = z.string().regex(/^-?\d+$/);

/** Figures that programs reckon with; a kind that is not here has those that its sentence takes. */
const FIGURES = {
  'balance.low': { percent: z.int(), of: credits, ...inPeriod },
  'balance.depleted': inPeriod,
  'overage.near_cap': { ...inPeriod, overage: credits, cap: credits },
  'pool.unfunded': { unfunded: credits },
  'grant.created': { ...grant, granted: credits, effective_at: at },
  'grant.expired': { ...grant, expired: credits },
  'top_up.completed': { ...grant, granted: credits, invoice: wordOrNull, amount_minor: minorText, currency },
  'top_up.failed': { pack: word, amount_minor: minorText, currency, because: word, invoice: word, pay_at: wordOrNull },
  'credit_note.issued': {
    credit_note: word,
    invoice: word,
    number: wordOrNull,
    reason: wordOrNull,
    total_minor: minorText,
    currency,
    issued_at: at,
  },
  'period.closed': { month: word, closed_at: at, approval: word },
} as const satisfies Partial<Record<AlertKind, z.ZodRawShape>>;

type Figured = keyof typeof FIGURES;
type Figures<Kind extends AlertKind> = Kind extends Figured ? (typeof FIGURES)[Kind] : object;

const customer = z.object({ id: idOf('customer'), external_id: wordOrNull, stripe: wordOrNull });

function eventOf<Kind extends AlertKind>(type: Kind) {
  const figures = (type in FIGURES ? FIGURES[type as Figured] : {}) as Figures<Kind>;
  return z.object({
    id: idOf('alert').meta({ description: 'the same in every try: `webhook-id` of a delivery' }),
    type: z.literal(type),
    timestamp: at,
    livemode: z.boolean(),
    data: z.object({
      object: z.looseObject({
        id: idOf('alert'),
        object: z.literal('alert'),
        customer: customer.nullable().meta({ description: 'null: about the deployment' }),
        message: word,
        ...figures,
      }),
    }),
  });
}

type EventSchemas = { readonly [Kind in AlertKind]: ReturnType<typeof eventOf<Kind>> };

/** The schema of each kind. */
export const OUTGOING_EVENTS = Object.fromEntries(
  ALERT_KINDS.map((kind) => [kind, eventOf(kind)]),
) as unknown as EventSchemas;

/** An event as a hook is given it; `event.type` tells which. */
export type OutgoingEvent<Kind extends AlertKind = AlertKind> = {
  readonly [One in Kind]: z.infer<EventSchemas[One]>;
}[Kind];
