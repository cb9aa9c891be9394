// What `doctor` says: one line for each thing that would hurt later, with what to do about it.
import { type NotEnforced, watchedBanner } from './ladder.ts';
import type { ReviewState } from './model-review.ts';

export interface CheckupLine {
  readonly check: string;
  readonly ok: boolean;
  readonly says: string;
  /** What to do; null where nothing is. */
  readonly fix: string | null;
}

/** A webhook endpoint, or an event destination, as Stripe has it. */
export interface EndpointFacts {
  readonly id: string;
  readonly url: string;
  readonly payload: 'snapshot' | 'thin';
  readonly enabled: boolean;
  readonly apiVersion: string | null;
  readonly events: readonly string[];
}

export interface WantedEndpoints {
  /** Where this service takes Stripe's events. */
  readonly url: string;
  /** Event types that are handled; thin ones begin with `v1.` or `v2.`. */
  readonly types: readonly string[];
  /** What the SDK is pinned to. */
  readonly apiVersion: string;
}

export function good(check: string, says: string): CheckupLine {
  return { check, ok: true, says, fix: null };
}

export function bad(check: string, says: string, fix: string): CheckupLine {
  return { check, ok: false, says, fix };
}

function isThin(type: string): boolean {
  return /^v\d+\./.test(type);
}

/** The snapshot endpoint, the thin one, and the version that the snapshots are rendered in. */
export function checkEndpoints(endpoints: readonly EndpointFacts[], wanted: WantedEndpoints): readonly CheckupLine[] {
  const thin = wanted.types.filter(isThin);
  const snapshot = wanted.types.filter((type) => !isThin(type));
  const ours = endpoints.filter(({ url }) => url === wanted.url);
  return [
    checkPayload(ours, { payload: 'snapshot', types: snapshot, url: wanted.url }),
    checkPayload(ours, { payload: 'thin', types: thin, url: wanted.url }),
    checkVersion(ours, wanted.apiVersion),
  ];
}

function checkPayload(
  ours: readonly EndpointFacts[],
  { payload, types, url }: { payload: EndpointFacts['payload']; types: readonly string[]; url: string },
): CheckupLine {
  const check = `${payload} endpoint`;
  if (types.length === 0) return good(check, 'no event type needs one');
  const add = `stripe.com → Developers → Webhooks: add an event destination (${payload} payload) to ${url}`;
  const of = ours.filter((endpoint) => endpoint.payload === payload);
  if (of.length === 0) return bad(check, `no ${payload} endpoint points at ${url}`, `${add} with: ${types.join(', ')}`);
  const live = of.filter(({ enabled }) => enabled);
  if (live.length === 0) {
    return bad(
      check,
      `${of.map(({ id }) => id).join(', ')} is disabled`,
      'enable it in the dashboard, after its cause',
    );
  }
  const heard = live.flatMap(({ events }) => events);
  const missing = types.filter((type) => !heard.includes('*') && !heard.includes(type));
  const ids = live.map(({ id }) => id).join(', ');
  if (missing.length > 0)
    return bad(check, `${ids} does not send ${missing.join(', ')}`, `add these event types to ${ids}`);
  return good(check, `${ids} sends all ${types.length} event types`);
}

function checkVersion(ours: readonly EndpointFacts[], apiVersion: string): CheckupLine {
  const other = ours.filter((endpoint) => endpoint.apiVersion !== null && endpoint.apiVersion !== apiVersion);
  if (other.length === 0) return good('API version', `${apiVersion}, as the endpoints`);
  const says = other.map(({ id, apiVersion: its }) => `${id} sends ${its}`).join(', ');
  const fix = `make the endpoint again with api_version ${apiVersion}: it cannot be changed (facts are fetched, so nothing is wrong yet)`;
  return bad('API version', `${says}, this service reads ${apiVersion}`, fix);
}

/** How far two clocks may lie apart: signatures and cut-offs are judged by ours. */
export const SKEW_MS_MAX = 2_000;
/** Stripe tells its time in whole seconds, and the answer was under way. */
export const STRIPE_SKEW_MS_MAX = 5_000;

export function checkClock(check: string, skewMs: number, mostMs: number): CheckupLine {
  const apart = Math.abs(Math.round(skewMs));
  const says = `${apart} ms apart`;
  return apart <= mostMs
    ? good(check, says)
    : bad(check, `${says}, at most ${mostMs}`, 'keep this machine and the database on NTP');
}

/** Whether the credit model is looked at again in time. */
export function checkReview({ reviewOn, isOver }: ReviewState): CheckupLine {
  const check = 'review date';
  if (isOver) {
    const fix = 'keep, adjust or leave the credit model, then: creditpool ladder review YYYY-MM-DD --reason TEXT';
    return bad(check, `the credit model was to be reviewed on ${reviewOn}`, fix);
  }
  return good(
    check,
    reviewOn === null ? 'none is set; going live asks for one' : `the credit model is reviewed on ${reviewOn}`,
  );
}

/** What is only watched is not billed. */
export function checkModes(notEnforced: NotEnforced): CheckupLine {
  const banner = watchedBanner(notEnforced);
  return banner === null
    ? good('launch ladder', 'every action is enforced')
    : bad('launch ladder', banner, 'creditpool go-live --dry-run says what the next rung asks for');
}

export interface RightFacts {
  /** Stripe's name for it, as far as one is known (docs name none for credit grants and v2). */
  readonly right: string;
  readonly why: string;
  readonly has: boolean;
}

export function checkRights(rights: readonly RightFacts[]): CheckupLine {
  const missing = rights.filter(({ has }) => !has);
  if (missing.length === 0) return good('key rights', `all ${rights.length} that are needed`);
  return bad(
    'key rights',
    `missing ${missing.map(({ right, why }) => `${right} (${why})`).join(', ')}`,
    'dashboard → Developers → API keys → the restricted key → edit; then run doctor again',
  );
}

/** What the session's role may do to the books beyond writing new entries. */
export interface DatabaseRights {
  readonly user: string;
  readonly role: string;
  readonly isSuperuser: boolean;
  /** 'postings: delete' … */
  readonly tooMuch: readonly string[];
  readonly tooLittle: readonly string[];
}

export function checkDatabaseRights(rights: DatabaseRights, isSandbox: boolean): CheckupLine {
  const { user, role, isSuperuser, tooMuch, tooLittle } = rights;
  const check = 'database rights';
  if (tooMuch.length > 0) {
    return bad(
      check,
      `role ${role} may rewrite the books (${tooMuch.join(', ')})`,
      `revoke ${tooMuch.join('; ')} from ${role}, then: creditpool ledger verify`,
    );
  }
  if (tooLittle.length > 0) {
    return bad(
      check,
      `role ${role} lacks ${tooLittle.join(', ')}`,
      'run creditpool db migrate as the owner of the tables',
    );
  }
  if (isSuperuser && !isSandbox) {
    return bad(
      check,
      `user ${user} is a superuser: no trigger stops it`,
      `connect as a user that is no superuser and may take on the role ${role}`,
    );
  }
  return good(check, `sessions act as ${role}, which may add to the books and not rewrite them`);
}
