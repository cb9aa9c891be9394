import type { Deps } from '../operations/deps.ts';
import type { Executor } from '../operations/executor.ts';
import type { SignInSettings } from './sign-in/settings.ts';

/** What every page says about the money that moves: none, Stripe's test money, or real money. */
export type Mode = 'sandbox' | 'test' | 'live';

/** What the console is given; the composition root builds it. */
export interface ConsoleContext {
  readonly deps: Deps;
  readonly executor: Executor;
  readonly mode: Mode;
  readonly version: string;
  /** Where browsers reach this service, without a slash at the end. */
  readonly publicUrl: string;
  readonly signIn: SignInSettings;
  /** Tells the loops that there is work. */
  readonly wake: (loop: 'inbox' | 'outbox' | 'alerts' | 'finance jobs') => void;
  /** Null when ready; else why pages would tell half of it. */
  readonly notReady: () => string | null;
}
