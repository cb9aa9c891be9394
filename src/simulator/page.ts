import { checkoutPage } from './checkout-page.ts';
import { COLLECTION_NAMES, type CollectionName } from './collections.ts';
import { html, listOf, type Markup, PAGE_STYLE, pageOf, tableOf } from './page-markup.ts';
import type { LoggedRequest } from './server.ts';
import type { World } from './world.ts';

const ROWS_MAX = 50;

/** What the simulator keeps for itself. */
const INTERNAL = new Set<CollectionName>(['alert_firings', 'answers', 'deleted', 'drafts', 'settings', 'tasks']);

export interface PageParts {
  readonly world: World;
  readonly requests: readonly LoggedRequest[];
}

export interface Page {
  readonly status: number;
  readonly type: 'text/html' | 'text/css';
  readonly body: string;
}

const instant = (seconds: number): string =>
  `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function clocks(world: World): Markup {
  const rows = world.store
    .all('test_clocks')
    .map(({ id, name, status, frozen_time: at }) => [
      html`${id}`,
      html`${instant(at)}`,
      html`${status}`,
      html`${name ?? ''}`,
    ]);
  return html`<h2>Clock</h2>
    <p><strong>${instant(world.now())}</strong></p>
    ${rows.length === 0 ? html`` : tableOf('Test clocks', ['clock', 'stands at', 'status', 'name'], rows)}`;
}

function deliveries(world: World): Markup {
  const rows = world.store
    .all('deliveries')
    .slice(-ROWS_MAX)
    .toReversed()
    .map(({ event, endpoint, state, tries, status }) => {
      const { store } = world;
      const type = store.find('events', event)?.type ?? store.find('thin_events', event)?.type ?? '';
      const url = store.find('webhook_endpoints', endpoint)?.url ?? store.find('event_destinations', endpoint)?.url;
      const answer = status === 0 ? 'no answer' : (status ?? 'not tried');
      return [html`${type}`, html`${url ?? endpoint}`, html`${state}`, html`${tries}`, html`${answer}`];
    });
  return html`<h2>Deliveries</h2>
    ${listOf(rows, 'No event has gone to an endpoint yet.', ['event', 'endpoint', 'state', 'tries', 'answer'])}`;
}

function calls(requests: readonly LoggedRequest[]): Markup {
  const rows = requests
    .slice(-ROWS_MAX)
    .toReversed()
    .map(({ method, path, status }) => [html`${method}`, html`${path}`, html`${status === 0 ? 'cut' : status}`]);
  return html`<h2>Requests</h2>
    ${listOf(rows, 'Nobody has called yet.', ['method', 'path', 'status'])}`;
}

function front({ world, requests }: PageParts): Markup {
  const kinds = COLLECTION_NAMES.filter((kind) => !INTERNAL.has(kind) && world.store.count(kind) > 0);
  const links = kinds.map(
    (kind) =>
      html`<li><a href="/_simulator/kinds/${kind}">${kind.replaceAll('_', ' ')}</a> ${world.store.count(kind)}</li>`,
  );
  return html`${clocks(world)}
    <h2>Objects</h2>
    ${
      links.length === 0
        ? html`<p>There is nothing here yet.</p>`
        : html`<ul>
            ${links}
          </ul>`
    }
    ${deliveries(world)} ${calls(requests)}`;
}

function kindPage(world: World, kind: CollectionName): Markup {
  const rows = world.store
    .all(kind)
    .slice(-ROWS_MAX)
    .toReversed()
    .map((object: object) => {
      const fields = new Map<string, unknown>(Object.entries(object));
      const says = ['status', 'state', 'type', 'name', 'event_name', 'billing_reason', 'email']
        .map((name) => textOf(fields.get(name)))
        .filter((text) => text !== '');
      const amount = textOf(fields.get('total') ?? fields.get('amount'));
      const created = fields.get('created');
      const id = textOf(fields.get('id'));
      return [
        html`<a href="/_simulator/kinds/${kind}/${id}">${id}</a>`,
        html`${says.join(' · ')}`,
        html`${textOf(fields.get('customer'))}`,
        html`${amount === '' ? '' : `${amount} ${textOf(fields.get('currency'))}`}`,
        html`${typeof created === 'number' ? instant(created) : textOf(created)}`,
      ];
    });
  const count = world.store.count(kind);
  return html`<h2>${kind.replaceAll('_', ' ')}</h2>
    <p>${count > ROWS_MAX ? `The newest ${ROWS_MAX} of ${count}.` : `All ${count}.`}</p>
    ${listOf(rows, 'There is none.', ['id', 'is', 'customer', 'minor units', 'created'])}`;
}

/** The pages under /_simulator: what there is, what was delivered, what time it is. Undefined: no page. */
export function showPage(parts: PageParts, path: string): Page | undefined {
  const [first = '', kind, id] = path.split('/').slice(1).map(decodeURIComponent);
  if (first === 'pay') return checkoutPage(parts.world, kind ?? '', null);
  if (first === 'page.css') return { status: 200, type: 'text/css', body: PAGE_STYLE };
  if (first === '') return { status: 200, type: 'text/html', body: pageOf('Stripe simulator', front(parts)) };
  const collection = COLLECTION_NAMES.find((name) => name === kind && !INTERNAL.has(name));
  if (first !== 'kinds' || collection === undefined) return undefined;
  if (id === undefined)
    return { status: 200, type: 'text/html', body: pageOf(collection, kindPage(parts.world, collection)) };
  const object = parts.world.store.find(collection, id);
  if (object === undefined)
    return { status: 404, type: 'text/html', body: pageOf(id, html`<p>There is no ${id}.</p>`) };
  const shown = html`<h2>${id}</h2>
    <pre tabindex="0">${JSON.stringify(object, null, 2)}</pre>`;
  return { status: 200, type: 'text/html', body: pageOf(id, shown) };
}
