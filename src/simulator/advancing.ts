// What a test clock holds while it advances: its customers, and all that is theirs.
import { StripeRefusal } from './errors.ts';
import type { World } from './world.ts';

/** Stripe's answer while another request or process works on the same object. */
export function lockTimeout(): StripeRefusal {
  const message =
    'This object cannot be accessed right now because another API request or Stripe process is currently accessing it.';
  return new StripeRefusal(429, 'invalid_request_error', message, { code: 'lock_timeout' });
}

/** Records of what was done belong to nobody. */
const RECORDS: ReadonlySet<string> = new Set([
  'events',
  'thin_events',
  'deliveries',
  'answers',
  'test_clocks',
  'tasks',
]);

/** Refuses the request at hand if it has written what an advancing clock holds, where the switch says so. */
export function refuseHeldByClock(world: World): void {
  if (world.switches.writesWhileAdvancing === 'allowed') return;
  const advancing = world.store.all('test_clocks').filter(({ status }) => status === 'advancing');
  if (advancing.length === 0) return;
  const clocks = new Set<string | null>(advancing.map(({ id }) => id));
  const isHeld = world.store
    .touched()
    .some(([kind, object]) => !RECORDS.has(kind) && clocks.has(clockOfObject(world, object)));
  if (isHeld) throw lockTimeout();
}

function clockOfObject(world: World, object: object): string | null {
  if ('test_clock' in object && typeof object.test_clock === 'string') return object.test_clock;
  const customer = customerOf(object);
  return (customer === null ? undefined : world.store.find('customers', customer)?.test_clock) ?? null;
}

function customerOf(object: object): string | null {
  if ('customer' in object && typeof object.customer === 'string') return object.customer;
  // A meter event names its meter and its customer.
  if ('bucket' in object && typeof object.bucket === 'string') return object.bucket.split('|')[1] ?? null;
  return null;
}
