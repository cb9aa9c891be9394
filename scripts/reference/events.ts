import { toWords } from '../../src/domain/alert-text.ts';
import { ALERT_KINDS, type AlertKind, INTERNAL_ALERTS, QUIET_ALERTS } from '../../src/domain/alert.ts';
import { code, page, plain, table } from './markdown.ts';

/** Each kind of outgoing webhook with its sentence and the figures in `data.object` that the sentence takes. */
export function eventsPage(): string {
  const rows = ALERT_KINDS.map((kind) => {
    const { subject, figures } = sentenceOf(kind);
    return [code(kind), plain(subject), figures.map(code).join(', '), channelsOf(kind)];
  });
  return page(
    'Outgoing webhooks',
    'What your endpoints are sent, and your [hooks](../plugin.md#hooks) are told, under [Standard Webhooks](https://www.standardwebhooks.com): `type` is the kind, `data.object` has the figures. [Alerts](../alerts.md) says when each is raised, how deliveries are signed and tried again. Besides, `report.ready` says that a month has its [health pack](../health-pack.md). What we take from Stripe is in [webhooks](../webhooks.md).',
    table(['type', 'message, with its figures in braces', 'figures', 'told by'], rows),
  );
}

function channelsOf(kind: AlertKind): string {
  if (QUIET_ALERTS.includes(kind)) return 'webhooks, hooks';
  return INTERNAL_ALERTS.includes(kind) ? 'webhooks, hooks, log' : 'webhooks, hooks, log, mail';
}

function sentenceOf(kind: AlertKind): { subject: string; figures: readonly string[] } {
  const figures = new Set<string>();
  const named = new Proxy<Record<string, string>>(
    {},
    {
      get: (_, name) => {
        figures.add(String(name));
        return `{${String(name)}}`;
      },
    },
  );
  const { subject } = toWords({ kind, data: named });
  return { subject, figures: [...figures] };
}
