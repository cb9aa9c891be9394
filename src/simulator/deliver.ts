import { freshId } from './ids.ts';
import type { Store } from './store.ts';

/** Puts an event on its way to an endpoint. */
export function deliver({ store }: { readonly store: Store }, event: string, endpoint: string): void {
  store.put('deliveries', {
    id: freshId('dlv'),
    event,
    endpoint,
    queue: endpoint,
    state: 'pending',
    tries: 0,
    status: null,
    next_try_at: 0,
  });
}
