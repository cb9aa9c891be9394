import {
  bad,
  checkClock,
  checkDatabaseRights,
  checkEndpoints,
  checkModes,
  checkReview,
  checkRights,
  type CheckupLine,
  good,
  SKEW_MS_MAX,
  STRIPE_SKEW_MS_MAX,
} from '../domain/checkup.ts';
import { reviewState } from '../domain/model-review.ts';
import { kindOf } from '../domain/reconciliation.ts';
import { lastReview } from '../storage/action-modes.ts';
import { now, wallTime } from '../storage/clock.ts';
import { readDatabaseRights } from '../storage/database-rights.ts';
import { fetchStripeTime, listEndpoints, PINNED_API_VERSION, probeRights } from '../stripe/checkup.ts';
import type { Deps } from './deps.ts';
import { examineSubscriptions } from './examine-subscriptions.ts';
import { readNotEnforced } from './launch/read-not-enforced.ts';
import { readHealth } from './read-health.ts';
import { compareCatalogueOf } from './reconciliation/compare-catalogue.ts';

export interface Examined {
  readonly webhookUrl: string;
  readonly eventTypes: readonly string[];
  /** For trying: it makes its endpoints at each start, and its database needs no second pair of hands. */
  readonly isSandbox: boolean;
  /** Usage is reported by the v2 stream. */
  readonly isStreaming: boolean;
  /** This machine's time. */
  readonly wall: () => Date;
}

/** Looks at Stripe's side and the database for what would hurt later. Nothing is changed. */
export async function examineDeployment(deps: Deps, examined: Examined): Promise<readonly CheckupLine[]> {
  const rights = await readDatabaseRights(deps.db);
  return [
    ...(await examineClocks(deps, examined)),
    checkDatabaseRights(rights, examined.isSandbox),
    checkRights(await probeRights(deps.stripe, examined)),
    ...(await examineEndpoints(deps, examined)),
    ...(await examineCatalogue(deps)),
    ...(await examineSubscriptions(deps)),
    ...(await examineBacklog(deps)),
    checkReview(reviewState(await lastReview(deps.db), await now(deps.db))),
    checkModes(await readNotEnforced(deps)),
  ];
}

async function examineClocks({ db, stripe }: Deps, { wall }: Examined): Promise<readonly CheckupLine[]> {
  const ours = (await wallTime(db)).getTime() - wall().getTime();
  const theirs = await fetchStripeTime(stripe);
  return [
    checkClock('database clock', ours, SKEW_MS_MAX),
    theirs === null
      ? bad('Stripe clock', 'Stripe’s answer bears no date', 'look at what stands between this service and Stripe')
      : checkClock('Stripe clock', theirs.getTime() - wall().getTime(), STRIPE_SKEW_MS_MAX),
  ];
}

async function examineEndpoints(
  { stripe }: Deps,
  { webhookUrl, eventTypes, isSandbox }: Examined,
): Promise<readonly CheckupLine[]> {
  const endpoints = await listEndpoints(stripe);
  if (endpoints === null) {
    const fix = `compare by hand in the dashboard: docs/webhooks.md has the event types, this service reads ${PINNED_API_VERSION}`;
    return [bad('endpoints', 'the key may not read webhook endpoints', fix)];
  }
  if (isSandbox && endpoints.length === 0) return [good('endpoints', 'made at each start of the sandbox')];
  return checkEndpoints(endpoints, { url: webhookUrl, types: eventTypes, apiVersion: PINNED_API_VERSION });
}

async function examineCatalogue(deps: Deps): Promise<readonly CheckupLine[]> {
  const { compared, differences } = await compareCatalogueOf(deps, { reads: 0 });
  if (compared === 0) {
    return [bad('catalogue', 'nothing is pushed yet: no customer can be given credits', 'creditpool plan push')];
  }
  if (differences.length === 0) return [good('catalogue', `${compared} objects at Stripe are as they were pushed`)];
  return differences.map((difference) => {
    const { object, theirs } = difference;
    return bad('catalogue', theirs ?? `${object} is gone at Stripe`, kindOf(difference).repair);
  });
}

async function examineBacklog(deps: Deps): Promise<readonly CheckupLine[]> {
  const backlog = await readHealth(deps);
  if ('because' in backlog) return [bad('database', backlog.because, 'look at DATABASE_URL and the server')];
  const { outboxParked, inboxParked } = backlog;
  return [
    outboxParked === 0
      ? good('outbox', 'nothing is parked')
      : bad('outbox', `${outboxParked} parked`, 'creditpool outbox list, remove the cause, creditpool outbox retry ID'),
    inboxParked === 0
      ? good('inbox', 'nothing is parked')
      : bad('inbox', `${inboxParked} parked`, 'creditpool inbox list, remove the cause, creditpool inbox replay ID'),
  ];
}
