// The headless part: asks for a token, reads, remembers what it last knew, and says in which state it is.

export interface Use {
  readonly action: string;
  readonly name: string;
  readonly member: string | null;
  readonly at: string;
  readonly credits: string;
}

export interface Grant {
  readonly source: string;
  readonly granted: string;
  readonly used: string;
  readonly held: string;
  readonly left: string;
  readonly spendable: boolean;
  readonly effective_at: string;
  readonly expires_at: string | null;
}

export interface Pack {
  readonly pack: string;
  readonly name: string;
  readonly credits: string;
  readonly amount_minor: number;
  readonly currency: string;
}

export interface Cost {
  readonly action: string;
  readonly name: string;
  readonly price: string;
  readonly cases: readonly string[];
  readonly flat: string | null;
  readonly next: { readonly price: string; readonly from: string } | null;
}

/** `GET /v1/portal`; credits are decimal strings, money is in minor units. */
export interface Portal {
  readonly unit: string;
  readonly plan: string | null;
  readonly level: 'no_plan' | 'unlimited' | 'fine' | 'low' | 'very_low' | 'empty';
  /** What is only observed and takes nothing from the credits; null: everything counts. */
  readonly notice: string | null;
  readonly available: string;
  readonly granted: string;
  readonly held: string;
  readonly overage: string;
  readonly debt: string;
  readonly expiring: readonly { readonly credits: string; readonly at: string }[];
  readonly policy: readonly { readonly rule: string; readonly title: string; readonly text: string }[];
  readonly costs: readonly Cost[];
  readonly recent: readonly Use[];
  readonly grants: readonly Grant[];
  readonly may_buy: boolean;
  readonly packs: readonly Pack[];
  readonly top_up: 'off' | 'on' | 'paused';
  readonly as_of: string;
}

export interface DayOfUse {
  readonly day: string;
  readonly action: string;
  readonly name: string;
  readonly member: string | null;
  readonly events: number;
  readonly credits: string;
}

export type PortalState =
  | { readonly is: 'loading' }
  | { readonly is: 'ready'; readonly portal: Portal }
  /** Nobody answers; what was last known, if anything was. */
  | { readonly is: 'offline'; readonly portal: Portal | null }
  /** The host's server gave no token that is taken. */
  | { readonly is: 'expired' }
  | { readonly is: 'forbidden' };

export interface PortalSettings {
  /** Where the service is, without a slash at the end. */
  readonly base: string;
  /** A token of this page's customer; asked for again when one has ended. */
  readonly token: () => Promise<string>;
}

/** The service said no. */
export class PortalRefusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const REFRESH_MS = 60_000;

/** One customer's page, shared by all its elements; `close()` ends its timers. */
export class PortalClient {
  readonly #settings: PortalSettings;
  readonly #listeners = new Set<(state: PortalState) => void>();
  #token: Promise<string> | null = null;
  #known: Portal | null = null;
  #state: PortalState = { is: 'loading' };
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(settings: PortalSettings) {
    this.#settings = settings;
  }

  get state(): PortalState {
    return this.#state;
  }

  /** Hears each state, the present one at once; returns what ends it. The first listener starts reading. */
  listen(listener: (state: PortalState) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#state);
    if (this.#timer === null) {
      this.#timer = setInterval(() => void this.refresh(), REFRESH_MS);
      void this.refresh();
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.close();
    };
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Reads anew; never throws, the state says what came of it. */
  async refresh(): Promise<void> {
    try {
      const portal = (await (await this.#ask('/v1/portal')).json()) as Portal;
      this.#known = portal;
      this.#become({ is: 'ready', portal });
    } catch (error) {
      this.#become(this.#stateAfter(error));
    }
  }

  /** Sums by day, action and member on [from, to). Throws a `PortalRefusal`, or what the network said. */
  async usage(from: Date, to: Date): Promise<readonly DayOfUse[]> {
    const answer = (await (await this.#ask(usagePath(from, to, 'json'))).json()) as { data: readonly DayOfUse[] };
    return answer.data;
  }

  async usageCsv(from: Date, to: Date): Promise<Blob> {
    return (await this.#ask(usagePath(from, to, 'csv'))).blob();
  }

  /** Stripe's page on which the pack is paid. */
  async checkout(pack: string, returnUrl: string): Promise<string> {
    const body = JSON.stringify({ pack, return_url: returnUrl });
    const response = await this.#ask('/v1/portal/checkout_sessions', { method: 'POST', body });
    return ((await response.json()) as { url: string }).url;
  }

  /** With a token that was good once, or else with a new one; a token that ends is replaced once. */
  async #ask(path: string, init: RequestInit = {}): Promise<Response> {
    try {
      return await this.#send(path, init);
    } catch (error) {
      if (!(error instanceof PortalRefusal) || error.status !== 401) throw error;
      this.#token = null;
      return this.#send(path, init);
    }
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    this.#token ??= this.#settings.token();
    let token: string;
    try {
      token = await this.#token;
    } catch (error) {
      this.#token = null;
      throw error;
    }
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(this.#settings.base + path, { ...init, headers, cache: 'no-store' });
    if (response.ok) return response;
    const { error } = (await response.json().catch(() => ({}))) as { error?: { code: string; message: string } };
    throw new PortalRefusal(response.status, error?.code ?? 'unknown', error?.message ?? `answered ${response.status}`);
  }

  #stateAfter(error: unknown): PortalState {
    if (error instanceof PortalRefusal && error.status === 401) return { is: 'expired' };
    if (error instanceof PortalRefusal && error.status < 500) return { is: 'forbidden' };
    return { is: 'offline', portal: this.#known };
  }

  #become(state: PortalState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}

function usagePath(from: Date, to: Date, format: 'json' | 'csv'): string {
  return `/v1/portal/usage?${new URLSearchParams({ from: from.toISOString(), to: to.toISOString(), format }).toString()}`;
}
