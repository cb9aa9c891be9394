import type { ThinEvent } from './collections.ts';
import { deliver } from './deliver.ts';
import { freshId } from './ids.ts';
import type { Store } from './store.ts';
import type { SnapshotEvent } from './wire.ts';

interface Recorder {
  readonly store: Store;
}

/** Puts a thin event on record and on its way to the destinations that want it. */
export function recordThin(recorder: Recorder, event: Omit<ThinEvent, 'id' | 'created'>): void {
  const { store } = recorder;
  const thin = { id: freshId('evt_test', 32), created: new Date().toISOString(), ...event };
  store.put('thin_events', thin);
  for (const { id, status, event_payload: payload, enabled_events: wanted } of store.all('event_destinations')) {
    const wants = wanted.includes('*') || wanted.includes(thin.type);
    if (status === 'enabled' && payload === 'thin' && wants) deliver(recorder, thin.id, id);
  }
}

function relatedTo(object: object): ThinEvent['related_object'] {
  const { id, object: type } = object as { readonly id?: string; readonly object?: string };
  if (id === undefined || type === undefined) return null;
  const folder = type.replaceAll('.', '/');
  return { id, type, url: `/v1/${PATHS[type] ?? `${folder}s`}/${id}` };
}

const PATHS: Readonly<Record<string, string>> = {
  invoiceitem: 'invoiceitems',
  'test_helpers.test_clock': 'test_helpers/test_clocks',
};

/** The thin twin of a snapshot event, when somebody listens for it. */
export function recordThinTwin(recorder: Recorder, event: SnapshotEvent): void {
  const type = `v1.${event.type}`;
  const wanted = recorder.store
    .all('event_destinations')
    .some(
      ({ event_payload: payload, enabled_events: types }) =>
        payload === 'thin' && (types.includes('*') || types.includes(type)),
    );
  if (!wanted) return;
  recordThin(recorder, { type, related_object: relatedTo(event.data.object), data: {}, snapshot_event: event.id });
}
