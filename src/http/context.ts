import type { Channels } from '../operations/deliver-alerts.ts';
import type { Deps } from '../operations/deps.ts';
import type { Executor } from '../operations/executor.ts';
import type { Observer } from '../telemetry/observer.ts';

/** What the routes are given; the composition root builds it. */
export interface HttpContext {
  readonly deps: Deps;
  readonly executor: Executor;
  readonly channels: Channels;
  readonly observer: Observer;
  readonly livemode: boolean;
  /** Keys the HMAC of API secrets. */
  readonly pepper: string;
  readonly webhookSecrets: readonly string[];
  /** Where error codes are explained, without a slash at the end. */
  readonly docsUrl: string;
  /** Origins whose pages may show the widget's frame page. */
  readonly widgetOrigins: readonly string[];
  /** Tells the loops that there is work. */
  readonly wake: (loop: 'inbox' | 'outbox' | 'alerts' | 'finance jobs') => void;
  readonly sandbox: Sandbox | null;
  /** Null when ready; else why traffic should go elsewhere. */
  readonly notReady: () => string | null;
}

export interface Sandbox {
  readonly advanceClock: (to: Date) => Promise<ClockMoved>;
}

export interface ClockMoved {
  readonly from: Date;
  readonly to: Date;
  readonly stops: number;
}
