import { COLLECTION_NAMES } from './collections.ts';
import { FAULT_KINDS, type Fault, type WebhookFaults } from './faults.ts';
import { actOfOthers } from './others.ts';
import type { LoggedRequest } from './server.ts';
import { setSwitches, type Switches } from './switches.ts';
import type { World } from './world.ts';

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
  /** Seconds. */
  readonly advance_by?: number;
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
  if (body.add !== undefined) {
    if (!(body.add.kind in FAULT_KINDS)) throw new Error(`no fault ${body.add.kind}`);
    faults.add(body.add);
  }
  if (body.webhooks !== undefined) faults.webhooks = body.webhooks;
  if (body.swallow_meter_events !== undefined) faults.swallowMeterEvents(body.swallow_meter_events);
  return { webhooks: faults.webhooks };
}

async function setClock(parts: ControlParts, body: ClockBody): Promise<object> {
  if (body.follow_wall === true) parts.followWall();
  const { advance_by: by, advance_to: target = by === undefined ? undefined : parts.world.now() + by } = body;
  if (target !== undefined) await parts.advanceTo(new Date(typeof target === 'number' ? target * 1000 : target));
  return { now: parts.world.now() };
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
        setSwitches(world.switches, given as Partial<Switches>);
        return world.switches;
      case 'GET /switches':
        return world.switches;
      default:
        return method === 'POST' ? actOfOthers(world, path, given as object) : undefined;
    }
  };
}
