import { NIL_ID } from '../domain/account.ts';
import { toWords } from '../domain/alert-text.ts';
import {
  disableFailingEndpoints,
  type DueDelivery,
  finishDelivery,
  leaseDeliveries,
} from '../storage/alert-deliveries.ts';
import { giveUpForgottenHooks } from '../storage/hooks.ts';
import { setEndpointState } from '../storage/webhook-endpoints.ts';
import type { Deps } from './deps.ts';

type WireId = (prefix: 'customer' | 'alert' | 'delivery' | 'grant' | 'var', uuid: string) => string;

/** How alerts leave this deployment; the composition root builds it. */
export interface Channels {
  readonly post: (delivery: {
    readonly url: string;
    readonly secrets: readonly string[];
    readonly id: string;
    readonly at: Date;
    readonly body: string;
  }) => Promise<{ readonly status: number | null; readonly body: string; readonly failure: string | null }>;
  /** null: no mail leaves this deployment. */
  readonly mail:
    | ((letter: {
        readonly id: string;
        readonly to: string;
        readonly subject: string;
        readonly text: string;
      }) => Promise<void>)
    | null;
  readonly seal: { readonly seal: (secret: string) => Buffer; readonly open: (sealed: Buffer) => string };
  readonly newSecret: () => string;
  /** Why a webhook may not go there; null when it may. */
  readonly refusedUrl: (url: string) => string | null;
  /** What an id looks like outside. */
  readonly wireId: WireId;
  readonly livemode: boolean;
  /** Where people find the console. */
  readonly consoleUrl: string;
  /** Stands before every subject: SANDBOX, STRIPE TEST MODE or nothing. */
  readonly mode: string;
  readonly wallTime: () => Date;
}

/** Pauses between tries, in seconds; after the last one, some three days later, a delivery is parked. */
export const RETRY_AFTER_SECONDS = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400] as const;

/** Tells whom it concerns; returns how many deliveries came to an end. */
export async function deliverAlerts(
  deps: Deps,
  channels: Channels,
  { limit }: { readonly limit: number },
): Promise<number> {
  await disableFailingEndpoints(deps.db);
  await giveUpForgottenHooks(deps.db);
  const due = await leaseDeliveries(deps.db, limit);
  const ended = await Promise.all(
    due.map(async (delivery) => concludeDelivery(deps, delivery, await attempt(deps, channels, delivery))),
  );
  return ended.filter((end) => end).length;
}

/** Notes how a try went; true when it was the last one. */
export async function concludeDelivery(
  deps: Deps,
  delivery: DueDelivery,
  { status, body, failure, skipped }: Attempt,
): Promise<boolean> {
  const answer = { responseStatus: status, responseBody: body };
  if (skipped !== undefined) {
    await finishDelivery(deps.db, delivery, { state: 'skipped', ...answer, outcome: skipped, afterSeconds: 0 });
    return true;
  }
  if (failure === null) {
    await finishDelivery(deps.db, delivery, { state: 'sent', ...answer, outcome: null, afterSeconds: 0 });
    return true;
  }
  // Gone: the receiver says that it wants no more.
  if (status === 410 && delivery.endpointId !== null) {
    await setEndpointState(deps.db, delivery.endpointId, { state: 'disabled', because: 'answered 410 Gone' });
  }
  const afterSeconds = status === 410 ? undefined : RETRY_AFTER_SECONDS[delivery.attempts - 1];
  const state = afterSeconds === undefined ? 'parked' : 'pending';
  await finishDelivery(deps.db, delivery, { state, ...answer, outcome: failure, afterSeconds: afterSeconds ?? 0 });
  if (state === 'parked') {
    const { deliveryId, channel, kind } = delivery;
    deps.log.error({ deliveryId, channel, kind, failure }, 'a delivery of an alert is parked');
  }
  return state === 'parked';
}

export interface Attempt {
  readonly status: number | null;
  readonly body: string | null;
  readonly failure: string | null;
  readonly skipped?: string;
}

const DONE: Attempt = { status: null, body: null, failure: null };

async function attempt(
  deps: Deps,
  channels: Channels,
  delivery: DueDelivery<'webhook' | 'mail' | 'log'>,
): Promise<Attempt> {
  switch (delivery.channel) {
    case 'log': {
      const { customerId, kind, data } = delivery;
      deps.log.warn({ customerId, kind, ...data }, `alert: ${toWords(delivery).subject}`);
      return DONE;
    }
    case 'mail':
      return mail(channels, delivery);
    case 'webhook':
      return post(channels, delivery);
  }
}

async function mail({ mail: send, mode }: Channels, delivery: DueDelivery): Promise<Attempt> {
  const { email, deliveryId } = delivery;
  if (send === null) return { ...DONE, skipped: 'SMTP_URL is not set' };
  if (email === null) return { ...DONE, skipped: 'the customer has no address' };
  const { subject, text } = toWords(delivery);
  try {
    await send({ id: deliveryId, to: email, subject: mode === '' ? subject : `[${mode}] ${subject}`, text });
    return DONE;
  } catch (error) {
    return { ...DONE, failure: error instanceof Error ? error.message : String(error) };
  }
}

async function post(channels: Channels, delivery: DueDelivery): Promise<Attempt> {
  const { url, secret, previousSecret, endpointState } = delivery;
  if (url === null || secret === null) throw new Error(`delivery ${delivery.deliveryId} has no endpoint`);
  if (endpointState === 'disabled') return { ...DONE, skipped: 'the endpoint is disabled' };
  const sealed = previousSecret === null ? [secret] : [secret, previousSecret];
  return channels.post({
    url,
    secrets: sealed.map((one) => channels.seal.open(one)),
    id: channels.wireId('alert', delivery.alertId),
    at: channels.wallTime(),
    body: JSON.stringify(eventOf(channels, delivery)),
  });
}

/** What an alert says, with the ids in it as they are outside. */
export function shownData(wireId: WireId, data: DueDelivery['data']): DueDelivery['data'] {
  const { grant, variance } = data;
  return {
    ...data,
    ...(typeof grant === 'string' && { grant: wireId('grant', grant) }),
    ...(typeof variance === 'string' && { variance: wireId('var', variance) }),
  };
}

/** A snapshot of the alert, the same in every try. */
export function eventOf({ wireId, livemode }: Pick<Channels, 'wireId' | 'livemode'>, delivery: DueDelivery): object {
  const { alertId, customerId, kind, data, raisedAt, stripeCustomerId, externalId } = delivery;
  const names = { external_id: externalId, stripe: stripeCustomerId };
  const customer = customerId === NIL_ID ? null : { id: wireId('customer', customerId), ...names };
  const shown = shownData(wireId, data);
  const { subject } = toWords({ kind, data: shown });
  const object = { id: wireId('alert', alertId), object: 'alert', customer, kind, message: subject, ...shown };
  return { id: object.id, type: kind, timestamp: raisedAt.toISOString(), livemode, data: { object } };
}
