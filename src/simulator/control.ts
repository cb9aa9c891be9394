import { payCheckout } from './checkout-sessions.ts';
import { COLLECTION_NAMES } from './collections.ts';
import { closeDispute, openDispute } from './disputes.ts';
import type { Fault, WebhookFaults } from './faults.ts';
import { failRefund } from './new-refund.ts';
import type { LoggedRequest } from './server.ts';
import type { Switches } from './switches.ts';
import { need, type World } from './world.ts';

export interface ControlParts {
  readonly world: World;
  readonly requests: readonly LoggedRequest[];
  readonly advanceTo: (instant: Date) => Promise<void>;
  readonly followWall: () => void;
  readonly settled: () => Promise<void>;
  readonly hastenDeliveries: () => void;
}

interface ClockBody {
  readonly advance_to?: number | string;
  readonly follow_wall?: boolean;
}
interface FaultsBody {
  readonly add?: Fault;
  readonly webhooks?: WebhookFaults;
  readonly swallow_meter_events?: number;
  readonly clear?: boolean;
}

function setFaults({ world }: ControlParts, body: FaultsBody): object {
  const { faults } = world;
  if (body.clear === true) faults.clear();
  if (body.add !== undefined) faults.add(body.add);
  if (body.webhooks !== undefined) faults.webhooks = body.webhooks;
  if (body.swallow_meter_events !== undefined) faults.swallowMeterEvents(body.swallow_meter_events);
  return { webhooks: faults.webhooks };
}

async function setClock(parts: ControlParts, body: ClockBody): Promise<object> {
  if (body.follow_wall === true) parts.followWall();
  const { advance_to: target } = body;
  if (target !== undefined) await parts.advanceTo(new Date(typeof target === 'number' ? target * 1000 : target));
  return { now: parts.world.now() };
}

interface DisputeBody {
  readonly charge?: string;
  readonly payment_intent?: string;
  readonly invoice?: string;
  readonly amount?: number;
  readonly reason?: string;
}
interface ClosingBody {
  readonly payment_method?: string;
  readonly status?: 'won' | 'lost';
  readonly reason?: string;
}

/** A cardholder disputes a charge, named by itself, its intent or its invoice. */
function dispute(world: World, body: DisputeBody): object {
  const payment = world.store
    .by('invoice_payments', 'invoice', body.invoice ?? '')
    .find(({ status }) => status === 'paid');
  const intent = body.payment_intent ?? payment?.payment.payment_intent ?? '';
  const charge = body.charge ?? world.store.find('payment_intents', intent)?.latest_charge ?? '';
  return world.store.transact(() => openDispute(world, charge, body.reason ?? 'fraudulent', body.amount));
}

/** What only others can do: a bank decides a dispute or sends a refund back, a customer pays a checkout. */
function closing(world: World, method: string, path: string, body: ClosingBody): object | undefined {
  const [, kind, id = ''] = /^\/(disputes|refunds|checkout_sessions)\/(\w+)\/(?:close|fail|complete)$/.exec(path) ?? [];
  if (method !== 'POST' || kind === undefined) return undefined;
  return world.store.transact(() => {
    if (kind === 'disputes') return closeDispute(world, id, body.status ?? 'lost');
    if (kind === 'checkout_sessions') return payCheckout(world, id, body.payment_method ?? 'pm_card_visa');
    return failRefund(world, need(world, 'refunds', id, 'refund'), body.reason ?? 'lost_or_stolen_card');
  });
}

/** The simulator's own controls, reached under /_simulator. */
export function createControl(
  parts: ControlParts,
): (method: string, path: string, body: string) => Promise<object | undefined> {
  const { world } = parts;
  return async (method, path, body) => {
    const given: unknown = body === '' ? {} : JSON.parse(body);
    const [, kind] = /^\/objects\/(\w+)$/.exec(path) ?? [];
    const collection = COLLECTION_NAMES.find((name) => name === kind);
    if (method === 'GET' && collection !== undefined) return world.store.all(collection);
    switch (`${method} ${path}`) {
      case 'GET /state':
        return Object.fromEntries(COLLECTION_NAMES.map((name) => [name, world.store.count(name)]));
      case 'GET /deliveries':
        return world.store.all('deliveries');
      case 'GET /requests':
        return parts.requests;
      case 'GET /clock':
        return { now: world.now() };
      case 'POST /clock':
        return setClock(parts, given as ClockBody);
      case 'POST /settle':
        await parts.settled();
        return { settled: true };
      case 'POST /deliveries/retry':
        parts.hastenDeliveries();
        await parts.settled();
        return { settled: true };
      case 'POST /faults':
        return setFaults(parts, given as FaultsBody);
      case 'POST /switches':
        Object.assign(world.switches, given as Partial<Switches>);
        return world.switches;
      case 'POST /disputes':
        return dispute(world, given as DisputeBody);
      default:
        return closing(world, method, path, given as ClosingBody);
    }
  };
}
