import { raiseAlerts } from './alerts.ts';
import type { MeterEventRecord } from './collections.ts';
import { invalidRequest, StripeRefusal } from './errors.ts';
import { freshId } from './ids.ts';
import { reportMeterError } from './meter-reports.ts';
import { bucketOf } from './meter-usage.ts';
import { map, object, oneOf, required, timestamp, word, type Kind } from './parameters.ts';
import { route } from './routes.ts';
import type { Meter } from './wire.ts';
import type { World } from './world.ts';

const DAY = 86_400;
const PAST_MAX = 35 * DAY;
const FUTURE_MAX = 5 * 60;

const anyText: Kind<string> = { required: false, parse: (value) => (typeof value === 'string' ? value : '') };

interface Given {
  readonly event_name: string;
  readonly payload: Readonly<Record<string, string>>;
  readonly identifier?: string | undefined;
  readonly timestamp?: number | undefined;
}

function activeMeter(world: World, name: string): Meter {
  const meters = world.store.by('meters', 'event_name', name);
  const meter = meters.find(({ status }) => status === 'active') ?? meters.at(-1);
  if (meter !== undefined) return meter;
  throw invalidRequest(`No active meter found for event name \`${name}\`.`, { code: 'no_meter', param: 'event_name' });
}

/** How the refusal of a taken identifier begins; it has no code. */
export const DUPLICATE = 'An event already exists with identifier';

/** The identifier is taken for a rolling day from when its event was received. */
function refuseTakenIdentifier(world: World, identifier: string, now: number): void {
  const taken = world.store
    .by('meter_events', 'identifier', identifier)
    .some(({ created, state }) => created > now - DAY && state !== 'rejected');
  if (taken) throw invalidRequest(`${DUPLICATE} ${identifier}.`);
}

function valueOf(world: World, meter: Meter, payload: Given['payload']): string {
  if (meter.default_aggregation.formula === 'count') return '1';
  const { event_payload_key: key } = meter.value_settings;
  const given = payload[key];
  const param = `payload[${key}]`;
  if (given === undefined) {
    throw invalidRequest(`The payload is missing the meter's value key \`${key}\`.`, {
      code: 'payload_no_value_defined',
      param,
    });
  }
  const shape = world.switches.meterDecimals ? /^[+-]?\d+(\.\d{1,12})?$/ : /^[+-]?\d+$/;
  if (!shape.test(given)) {
    throw invalidRequest(`The value \`${given}\` is not a valid number.`, { code: 'payload_invalid_value', param });
  }
  const digits = given.replace(/[+\-.]/g, '').replace(/^0+/, '').length;
  if (digits <= 15) return given.replace('+', '');
  throw invalidRequest('The value has more than 15 significant digits.', {
    code: 'meter_event_value_too_many_digits',
    param,
  });
}

/** Who used what, if the payload says so. */
function readPayload(world: World, meter: Meter, payload: Given['payload']): { customerId: string; value: string } {
  const key = meter.customer_mapping.event_payload_key;
  const customerId = payload[key];
  if (customerId === undefined || customerId === '') {
    const message = `The payload is missing the meter's customer key \`${key}\`.`;
    throw invalidRequest(message, { code: 'payload_no_customer_defined', param: `payload[${key}]` });
  }
  return { customerId, value: valueOf(world, meter, payload) };
}

/** Accepts a meter event, as both API versions do. Refuses what is malformed; what only processing shows is reported. */
export function acceptMeterEvent(world: World, given: Given): MeterEventRecord {
  const { switches } = world;
  const meter = activeMeter(world, given.event_name);
  const { customerId, value } = readPayload(world, meter, given.payload);
  const customer = world.store.find('customers', customerId);
  const now = world.now(customer?.test_clock);
  const stamp = given.timestamp ?? now;
  const identifier = given.identifier ?? freshId('mev', 32);
  const bounds = switches.meterTimestampClock === 'real' ? world.now() : now;
  const lost = faultOf(meter, customer !== undefined, stamp, bounds);
  if (lost !== undefined && isRefusedAtOnce(lost.code, switches)) {
    throw invalidRequest(lost.message, { code: lost.code, param: lost.param });
  }
  refuseTakenIdentifier(world, identifier, now);
  const record: MeterEventRecord = {
    id: freshId('mevr'),
    identifier,
    event_name: given.event_name,
    payload: given.payload,
    timestamp: stamp,
    created: now,
    bucket: bucketOf(meter.id, customerId),
    value,
    state: lost === undefined ? (world.faults.swallowsMeterEvent() ? 'swallowed' : 'counted') : 'rejected',
    visible_at: Date.now() + switches.meterLagMs,
  };
  world.store.put('meter_events', record);
  if (lost !== undefined) reportMeterError(world, meter, lost.code, lost.message, identifier);
  else raiseAlerts(world, meter, customerId);
  return record;
}

/** Is this fault one of those that the switches leave to a report? */
function isReported({ details: { code = '' } }: StripeRefusal, switches: World['switches']): boolean {
  if (code === 'no_meter') return switches.unknownMeter === 'reported';
  const malformed = code.startsWith('payload_') || code === 'meter_event_value_too_many_digits';
  return malformed && switches.malformedMeterEvents === 'reported';
}

/** What reports call the faults that an answer names otherwise. */
const REPORTED: Readonly<Record<string, string>> = {
  payload_invalid_value: 'meter_event_invalid_value',
  payload_no_value_defined: 'meter_event_invalid_value',
  payload_no_customer_defined: 'meter_event_no_customer_defined',
};

/** Reports what is wrong with a meter event that was answered as if nothing were. */
export function reportRefusal(world: World, name: string, identifier: string, refusal: StripeRefusal): void {
  const code = refusal.details.code ?? 'meter_event_invalid_value';
  const meter = world.store.by('meters', 'event_name', name)[0];
  reportMeterError(world, meter, REPORTED[code] ?? code, refusal.message, identifier);
}

/** What is told of an event that was accepted. */
type Accepted = Pick<MeterEventRecord, 'created' | 'event_name' | 'identifier' | 'payload' | 'timestamp'>;

/** As the first version answers: some faults only come out in reports. */
function acceptOrReport(world: World, given: Given): Accepted {
  try {
    return acceptMeterEvent(world, given);
  } catch (error) {
    if (!(error instanceof StripeRefusal) || !isReported(error, world.switches)) throw error;
    const { event_name, payload, identifier = freshId('mev', 32), timestamp: stamp = world.now() } = given;
    reportRefusal(world, event_name, identifier, error);
    return { created: world.now(), event_name, identifier, payload, timestamp: stamp };
  }
}

function isRefusedAtOnce(code: string, switches: World['switches']): boolean {
  if (code === 'archived_meter') return switches.archivedMeter === 'refused';
  if (code === 'meter_event_customer_not_found') return switches.unknownMeterCustomer === 'refused';
  return switches.meterTimestamps === 'refused';
}

interface Fault {
  readonly code: string;
  readonly message: string;
  readonly param: string;
}

function faultOf(meter: Meter, customerKnown: boolean, stamp: number, now: number): Fault | undefined {
  if (meter.status !== 'active') {
    return { code: 'archived_meter', message: 'The meter is archived.', param: 'event_name' };
  }
  if (!customerKnown) {
    return { code: 'meter_event_customer_not_found', message: 'No such customer.', param: 'payload' };
  }
  if (stamp < now - PAST_MAX) {
    const message = 'The timestamp must be within the past 35 calendar days.';
    return { code: 'timestamp_too_far_in_past', message, param: 'timestamp' };
  }
  if (stamp > now + FUTURE_MAX) {
    const message = 'The timestamp must be no more than 5 minutes in the future.';
    return { code: 'timestamp_in_future', message, param: 'timestamp' };
  }
  return undefined;
}

/** Takes back an event received within the last day. */
export function cancelMeterEvent(world: World, name: string, identifier: string): void {
  activeMeter(world, name);
  const event = world.store
    .by('meter_events', 'identifier', identifier)
    .findLast(({ event_name: eventName, state }) => eventName === name && state !== 'rejected');
  if (event === undefined) {
    const details = { code: 'resource_missing', param: 'cancel[identifier]' };
    throw invalidRequest(`No meter event found with identifier ${identifier}.`, details);
  }
  if (event.created <= nowAt(world, event) - DAY) {
    const message = 'Only meter events received within the last 24 hours can be cancelled.';
    throw invalidRequest(message, { param: 'cancel[identifier]' });
  }
  world.store.patch('meter_events', event.id, { state: 'cancelled' });
}

export const meterEventRoutes = [
  route(
    'POST',
    '/v1/billing/meter_events',
    { event_name: required(word(100)), payload: required(map(anyText)), identifier: word(100), timestamp: timestamp() },
    ({ world, values }) => {
      const record = acceptOrReport(world, values);
      return {
        object: 'billing.meter_event',
        created: record.created,
        event_name: record.event_name,
        identifier: record.identifier,
        livemode: false,
        payload: record.payload,
        timestamp: record.timestamp,
      };
    },
  ),
  route(
    'POST',
    '/v1/billing/meter_event_adjustments',
    {
      event_name: required(word(100)),
      type: required(oneOf('cancel')),
      cancel: required(object({ identifier: required(word(100)) })),
    },
    ({ world, values }) => {
      const { identifier } = values.cancel;
      cancelMeterEvent(world, values.event_name, identifier);
      return {
        object: 'billing.meter_event_adjustment',
        cancel: { identifier },
        event_name: values.event_name,
        livemode: false,
        status: 'pending',
        type: 'cancel',
      };
    },
  ),
];

function nowAt(world: World, event: MeterEventRecord): number {
  const customer = event.bucket.slice(event.bucket.indexOf('|') + 1);
  return world.now(world.store.find('customers', customer)?.test_clock);
}
