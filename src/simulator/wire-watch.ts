import type { FormMap } from './form.ts';
import type { Store } from './store.ts';
import type { Switches } from './switches.ts';

/** A call that was carried out or refused, as it crossed the wire. */
export interface Exchange {
  readonly method: string;
  /** The route's path, ids as `{…}`. */
  readonly route: string;
  /** The parameters as they were encoded, or the body of the v2 API as JSON. */
  readonly given: FormMap | { readonly json: string };
  readonly status: number;
  readonly answer: string;
}

/** What a simulator keeps, to be looked at. */
export interface Kept extends Pick<Store, 'all' | 'onCommit'> {
  readonly switches: Readonly<Switches>;
  /** Seconds of a test clock, or of the simulator's own clock. */
  readonly now: (testClock?: string | null) => number;
}

export interface WireWatcher {
  /** A simulator of this process starts, with what it kept from an earlier run. */
  readonly starts?: (kept: Kept) => void;
  readonly answered: (exchange: Exchange) => void;
  /** A webhook goes out with this body. */
  readonly delivers: (body: string) => void;
}

let watcher: WireWatcher | undefined;

/** Shows a watcher what every simulator of this process answers and sends; undefined ends it. */
export function watchWire(next: WireWatcher | undefined): void {
  watcher = next;
}

export const wireWatcher = (): WireWatcher | undefined => watcher;
