/** Ways a request can go wrong on command, and what its caller sees of it. */
export const FAULT_KINDS = {
  '429': 'too many requests; `reason` says of what',
  lock_timeout: '429: another request holds the object',
  '500_before': 'an error, and nothing was done',
  '500_after': 'an error, although it was done',
  cut_before: 'the connection breaks, and nothing was done',
  cut_after: 'the connection breaks, although it was done',
  truncated: 'half of the answer, then the connection breaks; it was done',
  slow: 'an answer after `delayMs`',
} as const;
export type FaultKind = keyof typeof FAULT_KINDS;

/** What Stripe names as the reason of a 429. */
export const LIMIT_REASONS = [
  'global-rate',
  'global-concurrency',
  'endpoint-rate',
  'endpoint-concurrency',
  'resource-specific',
] as const;

export interface Fault {
  readonly match: { readonly method?: string; readonly path?: string; readonly times?: number };
  readonly kind: FaultKind;
  readonly delayMs?: number;
  readonly reason?: string;
}

export interface WebhookFaults {
  /** Attempts fail without reaching the endpoint; they are retried later. */
  readonly drop?: boolean;
  readonly duplicate?: boolean;
  readonly shuffle?: boolean;
  readonly delayMs?: number;
}

export interface Faults {
  webhooks: WebhookFaults;
  readonly add: (fault: Fault) => void;
  /** The next `count` meter events are accepted and never counted; their identifiers stay taken. */
  readonly swallowMeterEvents: (count: number) => void;
  /** Is this meter event one to swallow? Uses one up. */
  readonly swallowsMeterEvent: () => boolean;
  /** The fault for this request, using up one of its times. */
  readonly take: (method: string, path: string) => Fault | undefined;
  readonly clear: () => void;
}

/** Misbehaviour on command; nothing goes wrong until something is added. */
export function createFaults(): Faults {
  let pending: { fault: Fault; left: number }[] = [];
  let swallowed = 0;
  const matches = (fault: Fault, method: string, path: string): boolean =>
    (fault.match.method === undefined || fault.match.method.toUpperCase() === method) &&
    (fault.match.path === undefined || new RegExp(fault.match.path).test(path));
  const faults: Faults = {
    webhooks: {},
    add: (fault) => {
      pending.push({ fault, left: fault.match.times ?? Infinity });
    },
    swallowMeterEvents: (count) => {
      swallowed = count;
    },
    swallowsMeterEvent: () => {
      if (swallowed === 0) return false;
      swallowed -= 1;
      return true;
    },
    take: (method, path) => {
      const found = pending.find(({ fault }) => matches(fault, method, path));
      if (found === undefined) return undefined;
      found.left -= 1;
      pending = pending.filter(({ left }) => left > 0);
      return found.fault;
    },
    clear: () => {
      pending = [];
      swallowed = 0;
      faults.webhooks = {};
    },
  };
  return faults;
}
