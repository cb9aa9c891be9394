import type { RunningServer } from '../server.ts';

/** Speaks to the demo's own server over HTTP, as a host application would. */
export interface ApiClient {
  readonly get: <Answer>(path: string) => Promise<Answer>;
  readonly post: <Answer>(path: string, body: object, idempotencyKey?: string) => Promise<Answer>;
}

export function apiClient({ origin, apiKey }: Pick<RunningServer, 'origin' | 'apiKey'>): ApiClient {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  const ask = async <Answer>(path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(origin + path, init);
    const answer: unknown = await response.json();
    if (response.ok) return answer as Answer;
    const { error } = answer as { error?: { code: string; message: string } };
    throw new Error(`${init.method ?? 'GET'} ${path}: ${error?.message ?? `status ${response.status}`}`);
  };
  return {
    get: async (path) => ask(path, { headers }),
    post: async (path, body, idempotencyKey) =>
      ask(path, {
        method: 'POST',
        headers: { ...headers, ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }) },
        body: JSON.stringify(body),
      }),
  };
}

export interface BalanceAnswer {
  readonly customer: string;
  readonly available: string;
  readonly overage: string;
  readonly period: { readonly starts_at: string; readonly ends_at: string } | null;
}

export interface TrackAnswer {
  readonly applied: number;
  readonly duplicates: number;
  readonly unfunded: number;
  readonly rejected: number;
  readonly results: readonly {
    readonly id: string;
    readonly status: string;
    readonly error?: { readonly message: string };
  }[];
}

export interface InvoiceAnswer {
  readonly id: string;
  readonly status: string;
  readonly billing_reason: string;
  readonly currency: string;
  readonly credits_applied_minor: number;
  readonly total_minor: number;
  readonly period_start: string;
  readonly period_end: string;
  readonly lines: readonly {
    readonly id: string;
    readonly kind: string;
    readonly amount_minor: number;
    readonly creditable_minor: number;
  }[];
  readonly credit_notes: readonly { readonly id: string; readonly status: string; readonly total_minor: number }[];
}

export interface CreditNoteAnswer {
  readonly state: string;
  readonly amount_minor: number;
  readonly settled_as: string;
  readonly stripe: { readonly credit_note: string | null };
}

export interface ReconciliationAnswer {
  readonly checks: Readonly<Record<string, unknown>>;
  readonly unexplained: number;
  readonly variances: readonly {
    readonly check: string;
    readonly class: string;
    readonly subject: string;
    readonly state: string;
  }[];
}
