// What was sent to a simulator and the plain facts that it keeps, in the order in which they came. Nothing of it is called:
// its stored objects are read as they are.
import type { Collections } from '../../../src/simulator/collections.ts';
import type { Exchange, Kept } from '../../../src/simulator/wire-watch.ts';

/** Everything that invoices are made of, and the invoices themselves. */
const KINDS = [
  'coupons',
  'credit_balance_transactions',
  'credit_grants',
  'customer_balance_transactions',
  'customers',
  'discounts',
  'invoice_items',
  'invoices',
  'meter_events',
  'meters',
  'prices',
  'subscriptions',
] as const;
type Kind = (typeof KINDS)[number];
export type Invoice = Collections['invoices'];
export type Subscription = Collections['subscriptions'];
export type Item = Subscription['items']['data'][number];
export type Price = Collections['prices'];
export type Rate = NonNullable<Item['tax_rates']>[number];

/** The parameters of a call as they crossed the wire. */
type Form = ReadonlyMap<string, unknown>;
type Change = readonly [kind: string, id: string, object: object | null];

/** What one request, or one step of time, changed. */
export interface Commit {
  readonly changes: readonly Change[];
  /** Seconds on the clock of each object that has one, by its id. */
  readonly times: Readonly<Record<string, number>>;
  /** Real milliseconds. */
  readonly wall: number;
  /** Where the facts that are uncertain about Stripe stood. */
  readonly positions: Kept['switches'];
  /** What was asked for; undefined when time did it. */
  given?: Form | undefined;
}

const isOf = (kind: string): kind is Kind => (KINDS as readonly string[]).includes(kind);

/** A JSON body in the shape of a form. */
function asForm(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return new Map(Object.entries(value).map(([key, below]) => [key, asForm(below)]));
}

export interface Recorder {
  /** The commits of a simulator that starts now, as they come; the first is what it kept from an earlier run. */
  readonly starts: (kept: Kept) => Commit[];
  /** A request was carried out: the commit before its answer is its own. */
  readonly answered: (exchange: Pick<Exchange, 'method' | 'given'>) => void;
}

/** Writes down what simulators commit, and by which request. */
export function openRecorder(): Recorder {
  let latest: Commit | undefined;
  const note = (kept: Kept, all: readonly Change[]): Commit => {
    const changes = all.filter(([kind]) => isOf(kind));
    const times = changes.flatMap(([, id, object]): [string, number][] =>
      object !== null && 'test_clock' in object ? [[id, kept.now(object.test_clock as string | null)]] : [],
    );
    return { changes, times: Object.fromEntries(times), wall: Date.now(), positions: { ...kept.switches } };
  };
  return {
    starts: (kept) => {
      const present = KINDS.flatMap((kind) => kept.all(kind).map((object): Change => [kind, object.id, object]));
      const commits = [note(kept, present)];
      kept.onCommit((changes) => {
        latest = changes.some(([kind]) => isOf(kind)) ? note(kept, changes) : undefined;
        if (latest !== undefined) commits.push(latest);
      });
      return commits;
    },
    answered: ({ method, given }) => {
      if (latest !== undefined && method !== 'GET') {
        const form = given instanceof Map ? given : asForm(JSON.parse(given.json));
        latest.given = form instanceof Map ? (form as Form) : new Map();
      }
      latest = undefined;
    },
  };
}

type MeterEvent = Collections['meter_events'];

/** All that is known at one moment, by kind and id, oldest first. */
export interface Inputs {
  readonly kept: { readonly [K in Kind]: Map<string, Collections[K]> };
  /** Meter events by the customer of their payload. */
  readonly events: Map<string, Map<string, MeterEvent>>;
  /** Balance transactions of grants and of customers, by theirs. */
  readonly creditMoves: Map<string, Collections['credit_balance_transactions'][]>;
  readonly balanceMoves: Map<string, Collections['customer_balance_transactions'][]>;
}

export function noInputs(): Inputs {
  const kept = Object.fromEntries(KINDS.map((kind) => [kind, new Map<string, never>()])) as unknown as Inputs['kept'];
  return { kept, events: new Map(), creditMoves: new Map(), balanceMoves: new Map() };
}

function listIn<T>(lists: Map<string, T[]>, key: string): T[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

/** Takes a commit in. Only items that nobody wants any more are forgotten: what is deleted stays true of the past. */
export function takeIn({ kept, events, creditMoves, balanceMoves }: Inputs, { changes }: Commit): void {
  for (const [kind, id, object] of changes) {
    if (!isOf(kind)) continue;
    if (object === null) {
      if (kind === 'invoice_items' || kind === 'coupons') kept[kind].delete(id);
      continue;
    }
    const isNew = !kept[kind].has(id);
    (kept[kind] as Map<string, object>).set(id, object);
    if (kind === 'meter_events') placeEvent(events, object as MeterEvent);
    if (!isNew) continue;
    if (kind === 'credit_balance_transactions') {
      const move = object as Collections[typeof kind];
      listIn(creditMoves, move.credit_grant).push(move);
    } else if (kind === 'customer_balance_transactions') {
      const move = object as Collections[typeof kind];
      listIn(balanceMoves, move.customer).push(move);
    }
  }
}

function placeEvent(events: Inputs['events'], event: MeterEvent): void {
  for (const value of Object.values(event.payload)) {
    if (!value.startsWith('cus_')) continue;
    const own = events.get(value) ?? new Map<string, MeterEvent>();
    events.set(value, own.set(event.id, event));
  }
}

/** The objects of a kind that a commit brought or changed. */
export function changed<K extends Kind>({ changes }: Commit, wanted: K): readonly Collections[K][] {
  return changes.flatMap(([kind, , object]) => (kind === wanted && object !== null ? [object as Collections[K]] : []));
}
