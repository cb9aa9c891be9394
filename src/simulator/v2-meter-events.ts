import { invalidRequest, StripeRefusal } from './errors.ts';
import { freshId } from './ids.ts';
import { acceptMeterEvent, cancelMeterEvent, DUPLICATE, reportRefusal } from './meter-events.ts';
import { array, map, object, oneOf, required, word, type Kind, type Values } from './parameters.ts';
import { route } from './routes.ts';
import type { World } from './world.ts';

const SESSION_MS = 15 * 60_000;
const STREAM_PATH = '/v2/billing/meter_event_stream';
const STREAM_EVENTS_MAX = 100;

const anyText: Kind<string> = { required: false, parse: (value) => (typeof value === 'string' ? value : '') };
const shape = {
  event_name: required(word(100)),
  payload: required(map(anyText)),
  identifier: word(100),
  timestamp: word(),
};

function accepted(world: World, values: Values<typeof shape>): ReturnType<typeof acceptMeterEvent> {
  const instant = values.timestamp === undefined ? undefined : Math.floor(Date.parse(values.timestamp) / 1000);
  if (Number.isNaN(instant)) throw invalidRequest('The timestamp is not in RFC 3339 form.', { param: 'timestamp' });
  try {
    return acceptMeterEvent(world, { ...values, timestamp: instant });
  } catch (error) {
    // The first version of the API names this fault only in its message.
    const duplicate = error instanceof StripeRefusal && error.message.startsWith(DUPLICATE);
    throw duplicate ? invalidRequest(error.message, { code: 'duplicate_meter_event', param: 'identifier' }) : error;
  }
}

/** A token of the stream, used where it may be: live, or of a session that has ended. */
export function streamToken(world: World, key: string, path: string): 'live' | 'expired' | undefined {
  const session = world.store.find('meter_event_sessions', key);
  if (path !== STREAM_PATH || session === undefined) return undefined;
  return session.expires_at > Date.now() ? 'live' : 'expired';
}

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** The stream answers at once; what is wrong with an event is only reported, and a duplicate is not even that. */
function streamed(world: World, values: Values<typeof shape>): void {
  try {
    accepted(world, values);
  } catch (error) {
    if (!(error instanceof StripeRefusal)) throw error;
    if (error.details.code === 'duplicate_meter_event') return;
    reportRefusal(world, values.event_name, values.identifier ?? '', error);
  }
}

export const v2MeterEventRoutes = [
  route('POST', '/v2/billing/meter_events', shape, ({ world, values }) => {
    const record = accepted(world, values);
    return {
      object: 'v2.billing.meter_event',
      created: iso(record.created),
      event_name: record.event_name,
      identifier: record.identifier,
      livemode: false,
      payload: record.payload,
      timestamp: iso(record.timestamp),
    };
  }),
  route('POST', '/v2/billing/meter_event_session', {}, ({ world }) => {
    const token = freshId('token', 40);
    const now = Date.now();
    world.store.put('meter_event_sessions', { id: token, expires_at: now + SESSION_MS });
    return {
      id: freshId('mes_test', 24),
      object: 'v2.billing.meter_event_session',
      authentication_token: token,
      created: new Date(now).toISOString(),
      expires_at: new Date(now + SESSION_MS).toISOString(),
      livemode: false,
    };
  }),
  route('POST', STREAM_PATH, { events: required(array(object(shape), STREAM_EVENTS_MAX)) }, ({ world, values }) => {
    for (const event of values.events) streamed(world, event);
    return {};
  }),
  route(
    'POST',
    '/v2/billing/meter_event_adjustments',
    {
      event_name: required(word(100)),
      type: required(oneOf('cancel')),
      cancel: required(object({ identifier: required(word(100)) })),
    },
    ({ world, values }) => {
      cancelMeterEvent(world, values.event_name, values.cancel.identifier);
      return {
        id: freshId('mea_test', 24),
        object: 'v2.billing.meter_event_adjustment',
        cancel: values.cancel,
        created: new Date().toISOString(),
        event_name: values.event_name,
        livemode: false,
        status: 'pending',
        type: 'cancel',
      };
    },
  ),
];
