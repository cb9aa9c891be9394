// Telling who is to know that a month's pack is there: a mail with a link, a webhook, a line in the log.
import { finishPackDelivery, leasePackDeliveries, type PackDelivery } from '../../storage/health-pack/packs.ts';
import { type Channels, RETRY_AFTER_SECONDS } from '../deliver-alerts.ts';
import type { Deps } from '../deps.ts';

/** Sends what waits; returns how many deliveries came to an end. */
export async function deliverPacks(
  deps: Deps,
  channels: Channels,
  { limit }: { readonly limit: number },
): Promise<number> {
  const due = await leasePackDeliveries(deps.db, limit);
  const ended = await Promise.all(due.map(async (delivery) => deliver(deps, channels, delivery)));
  return ended.filter((end) => end).length;
}

type Outcome = 'sent' | { readonly skipped: string } | { readonly failed: string };

async function deliver(deps: Deps, channels: Channels, delivery: PackDelivery): Promise<boolean> {
  const outcome = await attempt(deps, channels, delivery);
  const { deliveryId } = delivery;
  if (outcome === 'sent' || 'skipped' in outcome) {
    const state = outcome === 'sent' ? ('sent' as const) : ('skipped' as const);
    await finishPackDelivery(deps.db, deliveryId, {
      state,
      outcome: outcome === 'sent' ? null : outcome.skipped,
      afterSeconds: 0,
    });
    return true;
  }
  const afterSeconds = RETRY_AFTER_SECONDS[delivery.attempts - 1];
  const state = afterSeconds === undefined ? 'parked' : 'pending';
  await finishPackDelivery(deps.db, deliveryId, { state, outcome: outcome.failed, afterSeconds: afterSeconds ?? 0 });
  if (state === 'parked') deps.log.error({ deliveryId, failure: outcome.failed }, 'telling of a health pack is parked');
  return state === 'parked';
}

async function attempt(deps: Deps, channels: Channels, delivery: PackDelivery): Promise<Outcome> {
  const { month, verdict, reasons, channel, recipient } = delivery;
  const subject = `Pricing health pack ${month}: ${verdict}`;
  const link = `${channels.consoleUrl}/reports/${month}`;
  switch (channel) {
    case 'log':
      deps.log.info({ month, verdict, reasons, link }, subject);
      return 'sent';
    case 'mail':
      return mail(channels, delivery, { subject, text: letter(delivery, link), to: recipient ?? '' });
    case 'webhook':
      return post(channels, delivery, link);
  }
}

function letter({ month, verdict, reasons }: PackDelivery, link: string): string {
  const because = reasons.length === 0 ? '' : `\n\n${reasons.map((reason) => `- ${reason}`).join('\n')}`;
  return `The pricing health pack of ${month} is there. Verdict: ${verdict}.${because}\n\n${link}\n`;
}

async function mail(
  { mail: send, mode }: Channels,
  { deliveryId: id }: PackDelivery,
  { subject, text, to }: { readonly subject: string; readonly text: string; readonly to: string },
): Promise<Outcome> {
  if (send === null) return { skipped: 'SMTP_URL is not set' };
  try {
    await send({ id, to, subject: mode === '' ? subject : `[${mode}] ${subject}`, text });
    return 'sent';
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

async function post(channels: Channels, delivery: PackDelivery, link: string): Promise<Outcome> {
  const { url, secret, month, verdict, reasons, issuedAt, deliveryId } = delivery;
  if (url === null || secret === null) return { skipped: 'the endpoint is disabled' };
  const object = { object: 'health_pack', month, verdict, reasons, url: link };
  const body = {
    type: 'report.ready',
    timestamp: issuedAt.toISOString(),
    livemode: channels.livemode,
    data: { object },
  };
  const { failure } = await channels.post({
    url,
    secrets: [channels.seal.open(secret)],
    id: channels.wireId('delivery', deliveryId),
    at: channels.wallTime(),
    body: JSON.stringify(body),
  });
  return failure === null ? 'sent' : { failed: failure };
}
