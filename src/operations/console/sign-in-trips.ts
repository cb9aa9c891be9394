// Round trips to the OpenID provider: what must come back unchanged stays here, the browser holds the key to it.
import { TRIP_MS } from '../../domain/console-session.ts';
import { insertSignInTrip, type SignInTrip, takeSignInTrip } from '../../storage/console-sign-ins.ts';
import type { Deps } from '../deps.ts';
import { hashOfToken } from './sessions.ts';

export type { SignInTrip } from '../../storage/console-sign-ins.ts';

export async function beginSignInTrip(deps: Pick<Deps, 'db'>, browserToken: string, trip: SignInTrip): Promise<void> {
  await insertSignInTrip(deps.db, hashOfToken(browserToken), trip, TRIP_MS);
}

/** The trip that this browser began, once; null when there is none or it took too long. */
export async function endSignInTrip(deps: Pick<Deps, 'db'>, browserToken: string): Promise<SignInTrip | null> {
  return takeSignInTrip(deps.db, hashOfToken(browserToken));
}
