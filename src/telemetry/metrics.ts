// What the process tells Prometheus. The registry is nobody's global: a host may embed the product twice.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

import type { Observer } from './observer.ts';

/** What is read when somebody asks; null when the database does not answer. */
export type Readings = readonly Reading[] | null;

export interface Reading {
  /** Without the prefix: `outbox_waiting`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Metrics {
  readonly observer: Observer;
  readonly contentType: string;
  /** The text of one scrape. */
  readonly expose: (readings: Readings) => Promise<string>;
}

const PREFIX = 'creditpool_';
const REQUEST_SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const CALL_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

export interface MetricsSettings {
  /** Memory, event loop and garbage collection too; only for a process that is all ours. */
  readonly process?: boolean;
}

export function createMetrics({ process = false }: MetricsSettings = {}): Metrics {
  const registry = new Registry();
  if (process) collectDefaultMetrics({ register: registry });
  const database = new Gauge({
    name: `${PREFIX}database_up`,
    help: '1 while the database answers',
    registers: [registry],
  });
  return {
    observer: observerOf(registry),
    contentType: registry.contentType,
    expose: async (readings) => {
      database.set(readings === null ? 0 : 1);
      const fresh = await gaugesOf(readings ?? []).metrics();
      return (await registry.metrics()) + fresh;
    },
  };
}

/** Read anew each time, so that nothing stale is told while the database is away. */
function gaugesOf(readings: readonly Reading[]): Registry {
  const registry = new Registry();
  for (const [name, group] of Map.groupBy(readings, (reading) => reading.name)) {
    const [first] = group;
    if (first === undefined) continue;
    const { help, labels = {} } = first;
    const gauge = new Gauge({ name: PREFIX + name, help, labelNames: Object.keys(labels), registers: [registry] });
    for (const reading of group) gauge.set(reading.labels ?? {}, reading.value);
  }
  return registry;
}

function observerOf(registry: Registry): Observer {
  const registers = [registry];
  const requests = new Histogram({
    name: `${PREFIX}http_request_duration_seconds`,
    help: 'Requests by route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: REQUEST_SECONDS,
    registers,
  });
  const refusals = new Counter({
    name: `${PREFIX}refusals_total`,
    help: 'Answers that say no, by error code',
    labelNames: ['code'],
    registers,
  });
  const calls = new Histogram({
    name: `${PREFIX}stripe_call_duration_seconds`,
    help: 'Calls to Stripe by resource and status; status 0 is no answer',
    labelNames: ['method', 'resource', 'status'],
    buckets: CALL_SECONDS,
    registers,
  });
  const turns = new Histogram({
    name: `${PREFIX}loop_turn_duration_seconds`,
    help: 'Turns of the background loops',
    labelNames: ['loop', 'outcome'],
    buckets: CALL_SECONDS,
    registers,
  });
  return {
    request: ({ method, route, status, seconds }) => {
      requests.observe({ method, route, status }, seconds);
    },
    refusal: (code) => {
      refusals.inc({ code });
    },
    stripeCall: ({ method, resource, status, seconds }) => {
      calls.observe({ method, resource, status }, seconds);
    },
    turn: ({ loop, outcome, seconds }) => {
      turns.observe({ loop, outcome }, seconds);
    },
  };
}
