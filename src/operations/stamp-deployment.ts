import { type Deployment, stampOnce } from '../storage/deployment.ts';
import { fetchAccountId } from '../stripe/account.ts';
import type { Deps } from './deps.ts';

/** Another account or mode than the database's: the message says how to go on. */
export interface StampRefused {
  readonly rejected: { readonly code: 'wrong_account' | 'wrong_mode'; readonly message: string };
}

/**
 * Stamps the database with the Stripe account and mode at the first start; at every other start compares them. Modes
 * and accounts never mix in one set of books.
 */
export async function stampDeployment(
  deps: Deps,
  { livemode, sandbox }: { readonly livemode: boolean; readonly sandbox: boolean },
): Promise<Deployment | StampRefused> {
  const account = await fetchAccountId(deps.stripe);
  const stamped = await stampOnce(deps.db, { account, livemode, sandbox });
  if (stamped.livemode !== livemode || stamped.sandbox !== sandbox) {
    return refused(
      'wrong_mode',
      `this database belongs to ${modeName(stamped)}, the settings say ${modeName({ livemode, sandbox })}`,
    );
  }
  if (stamped.account !== account) {
    return refused(
      'wrong_account',
      `this database belongs to the Stripe account ${stamped.account}, the key to ${account}`,
    );
  }
  return stamped;
}

function modeName({ livemode, sandbox }: Pick<Deployment, 'livemode' | 'sandbox'>): string {
  if (sandbox) return 'the sandbox';
  return livemode ? 'live mode' : 'Stripe test mode';
}

function refused(code: StampRefused['rejected']['code'], difference: string): StampRefused {
  const fix = 'set STRIPE_SECRET_KEY to the key of that account and mode, or DATABASE_URL to another, empty database';
  return { rejected: { code, message: `${difference}; ${fix}` } };
}
