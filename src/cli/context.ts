import type { Config } from '../config.ts';
import type { Deps } from '../operations/deps.ts';

/** What every command is given; `main.ts` builds it, tests build their own. */
export interface CliContext {
  readonly config: Config;
  /** Opens database and Stripe; the command closes them. */
  readonly openDeps: () => Promise<Deps & { readonly close: () => Promise<void> }>;
  /** Data, one line or document, to stdout. */
  readonly out: (data: string) => void;
  /** Everything else, to stderr. */
  readonly say: (text: string) => void;
}
