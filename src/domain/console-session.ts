// How long somebody stays signed in. Source: ASVS 7.3 (idle and absolute limits), decided in minutes by the design.

/** A session that nobody used for so long is over. */
const IDLE_MS = 30 * 60_000;
/** However busy, a session ends after this. */
export const ABSOLUTE_MS = 12 * 3_600_000;
/** Dangerous acts need a proof of identity that is no older. */
export const FRESH_MS = 5 * 60_000;
/** How long a printed link waits to be used. */
export const LINK_MS = 24 * 3_600_000;
/** How long a person may take at the provider. */
export const TRIP_MS = 10 * 60_000;

export interface SessionTimes {
  readonly authenticatedAt: Date;
  readonly lastSeenAt: Date;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
}

export function isAlive({ lastSeenAt, expiresAt, endedAt }: SessionTimes, now: Date): boolean {
  return endedAt === null && now < expiresAt && now.getTime() - lastSeenAt.getTime() < IDLE_MS;
}

export function isFresh({ authenticatedAt }: Pick<SessionTimes, 'authenticatedAt'>, now: Date): boolean {
  return now.getTime() - authenticatedAt.getTime() <= FRESH_MS;
}
