// What the four elements share: one client for each customer on the page, the states that are not the happy one, theming.
import { moment, type Tongue } from './figures.ts';
import { type Child, element } from './markup.ts';
import { type Portal, PortalClient, type PortalState } from './portal-client.ts';
import { styleSheet } from './style.ts';

/** Where this script came from is where the service is, unless `base` says otherwise. */
const OWN_BASE = new URL('..', import.meta.url).href.replace(/\/$/, '');

type TokenSource = () => Promise<string>;

const clients = new Map<string, PortalClient>();
const clientsOfSources = new WeakMap<TokenSource, PortalClient>();

/** A server that renders a page imports this, too, and has no elements. */
const Element =
  (globalThis as { readonly HTMLElement?: typeof HTMLElement }).HTMLElement ??
  (Object as unknown as typeof HTMLElement);

export abstract class CreditElement extends Element implements Tongue {
  static readonly observedAttributes: readonly string[] = ['base', 'token-url', 'heading-level'];

  /** The host's own way to get a token, instead of `token-url`; set before the element is on the page. */
  token: TokenSource | null = null;
  readonly #root = this.attachShadow({ mode: 'open' });
  #leave: (() => void) | null = null;
  protected client: PortalClient | null = null;

  connectedCallback(): void {
    this.#root.adoptedStyleSheets = [styleSheet()];
    this.client = this.#clientOfPage();
    this.#leave = this.client.listen((state) => this.#show(state));
  }

  disconnectedCallback(): void {
    this.#leave?.();
    this.#leave = null;
  }

  attributeChangedCallback(): void {
    if (this.#leave === null) return;
    this.disconnectedCallback();
    this.connectedCallback();
  }

  /** How figures and dates are written: as the page is. */
  override get lang(): string {
    return this.closest('[lang]')?.getAttribute('lang') ?? navigator.language;
  }

  /** Shows the present state again. */
  protected redraw(): void {
    if (this.client !== null) this.#show(this.client.state);
  }

  /** What the element is called. */
  protected abstract readonly heading: string;

  /** What it shows of a customer that is known. */
  protected abstract content(portal: Portal): readonly Child[];

  #clientOfPage(): PortalClient {
    const base = this.getAttribute('base') ?? OWN_BASE;
    const { token } = this;
    if (token !== null) return clientWith(base, token);
    const url = this.getAttribute('token-url') ?? '';
    const key = `${base} ${url}`;
    const client = clients.get(key) ?? new PortalClient({ base, token: async () => tokenFrom(url) });
    clients.set(key, client);
    return client;
  }

  #show(state: PortalState): void {
    const level = Math.min(6, Math.max(1, Number(this.getAttribute('heading-level') ?? 3)));
    const heading = element(
      'p',
      { class: 'heading', part: 'heading', role: 'heading', 'aria-level': level },
      this.heading,
    );
    const focused = this.#root.activeElement?.getAttribute('data-key') ?? null;
    const box = element(
      'section',
      { part: 'box', 'aria-busy': String(state.is === 'loading') },
      heading,
      this.#body(state),
    );
    this.#root.replaceChildren(box);
    if (focused !== null) this.#root.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    this.dataset['state'] = state.is === 'ready' ? state.portal.level : state.is;
  }

  #body(state: PortalState): readonly Child[] {
    switch (state.is) {
      case 'loading':
        return [element('div', { class: 'skeleton', role: 'status', 'aria-label': 'Loading' })];
      case 'ready':
        return this.content(state.portal);
      case 'offline':
        return this.#offline(state.portal);
      case 'expired':
        return [element('p', { role: 'alert' }, 'This page was open for long and has to ask again.'), this.#retry()];
      case 'forbidden':
        return [element('p', { role: 'alert' }, 'You may not see these credits. Ask whoever manages your account.')];
    }
  }

  /** What was last known, said to be old; never a zero that nobody has read. */
  #offline(portal: Portal | null): readonly Child[] {
    if (portal === null) {
      return [element('p', { role: 'alert' }, 'The credits cannot be read right now.'), this.#retry()];
    }
    const since = `Cannot be read right now. This is from ${moment(portal.as_of, this)}.`;
    return [
      element('p', { class: 'soft', role: 'status' }, since),
      element('div', { class: 'stale' }, this.content(portal)),
      this.#retry(),
    ];
  }

  #retry(): HTMLElement {
    const again = (): void => void this.client?.refresh();
    return element(
      'p',
      {},
      element('button', { type: 'button', class: 'quiet', 'data-key': 'retry', click: again }, 'Try again'),
    );
  }
}

/** Elements with the same source show the same customer, read once. */
function clientWith(base: string, token: TokenSource): PortalClient {
  const client = clientsOfSources.get(token) ?? new PortalClient({ base, token });
  clientsOfSources.set(token, client);
  return client;
}

/** The host's server answers `{ "token": "cp_portal_…" }` to who is signed in there. */
async function tokenFrom(url: string): Promise<string> {
  if (url === '') throw new Error('set token-url, or the property token, on the element');
  const response = await fetch(url, { method: 'POST', credentials: 'same-origin', cache: 'no-store' });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const { token } = (await response.json()) as { readonly token?: unknown };
  if (typeof token !== 'string') throw new Error(`${url} answered no token`);
  return token;
}
