// What stopped after its last attempt, in words for the person who must look: what it was to do, why it stopped, what to do.

export interface ParkedWords {
  /** What it was to do, such as `report 12000 meter units of cus_1`. */
  readonly what: string;
  readonly why: string;
  readonly next: string;
}

/** What a message for Stripe was to do; one of an unknown kind is named by its kind. */
const DOINGS: Readonly<Record<string, (request: Readonly<Record<string, unknown>>) => string>> = {
  meter_event: ({ payload, timestamp }) => {
    const { value, stripe_customer_id: customer } = (payload ?? {}) as Record<string, unknown>;
    return `report ${text(value)} meter units of ${text(customer)}, used ${instant(timestamp)}`;
  },
  'meter_event.cancel': ({ identifier }) => `cancel the meter event ${text(identifier)}`,
  true_up: () => 'compare the open credit grants with the lots',
  'credit_grant.create': ({ customer }) => `grant billing credits to ${text(customer)}`,
  'credit_grant.expire': () => 'end a credit grant',
  'credit_grant.update': () => 'move the end of a credit grant',
  'invoice_item.create': ({ amount, currency, invoice }) =>
    `put a correction of ${text(amount)} ${text(currency)} (minor units) on the draft ${text(invoice)}`,
  'invoice.finalize': () => 'finalize an invoice',
  'subscription.cancel': () => 'cancel a subscription',
  'subscription.change_plan': () => 'move a subscription to another plan',
  'subscription.schedule_plan': () => 'move a subscription to another plan with its renewal',
  'subscription.start': ({ customer }) => `subscribe ${text(customer)} to a plan`,
  'subscription.end_trial': () => 'end the trial of a subscription',
  'subscription.cancel_at_period_end': () => 'let a subscription end with its period',
  'subscription.keep': () => 'let a subscription renew after all',
  'subscription.pause': () => 'pause a subscription',
  'subscription.resume': () => 'resume a subscription',
  top_up: () => 'buy a pack with the stored card',
  'credit_note.create': ({ invoice }) => `issue a credit note on ${text(invoice)}`,
};

/** A message for Stripe that is parked. `waiting`: how many later ones of its customer and queue it holds up. */
export function describeParkedMessage(message: {
  readonly call: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly outcome: string | null;
  readonly attempts: number;
  readonly waiting: number;
}): ParkedWords {
  const { call, request, outcome, attempts, waiting } = message;
  const what = DOINGS[call]?.(request) ?? call;
  const behind =
    waiting === 0 ? '' : ` ${waiting} later of this customer ${waiting === 1 ? 'waits' : 'wait'} behind it.`;
  if (outcome?.startsWith('reported later:') === true) {
    return {
      what,
      why: `Stripe had taken it and could not count it.${behind}`,
      next: 'Put right at Stripe what its answer names, then retry: it is sent again.',
    };
  }
  const status = Number(/^(\d{3})\b/.exec(outcome ?? '')?.[1] ?? Number.NaN);
  if (status >= 400 && status < 500) {
    return {
      what,
      why: `Stripe refuses it.${behind}`,
      next: 'Put right at Stripe what its answer names, then retry: whether it is done already is looked up first.',
    };
  }
  if (Number.isNaN(status) && outcome !== null && call === 'meter_event' && outcome.startsWith('Stripe counts')) {
    return {
      what,
      why: `Whether Stripe counted it cannot be told: the sums differ by something else.${behind}`,
      next: 'Compare the customer’s meter at Stripe with the usage here (creditpool reconcile), then retry.',
    };
  }
  return {
    what,
    why: `Its outcome stayed unknown through ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}.${behind}`,
    next: 'Retry once Stripe answers again: whether it is done already is looked up first. If it parks again, tell us the last answer.',
  };
}

/** A Stripe event that could not be applied. */
export function describeParkedEvent(event: {
  readonly type: string;
  readonly objectId: string | null;
  readonly outcome: string | null;
  readonly attempts: number;
}): ParkedWords {
  const { type, objectId, outcome, attempts } = event;
  const what = `apply ${type}${objectId === null ? '' : ` of ${objectId}`}`;
  if (/^4\d\d\b/.test(outcome ?? '')) {
    return {
      what,
      why: `Stripe refuses to show what it is about (${attempts} attempts).`,
      next: 'Look at the object at Stripe and at the rights of our key, then replay: it is fetched as it is then.',
    };
  }
  return {
    what,
    why: `Applying it failed ${attempts} times.`,
    next: 'Look for the event’s id in the log. After an update of the product, or once the cause is gone, replay: the object is fetched as it is then.',
  };
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '?';
}

function instant(seconds: unknown): string {
  return typeof seconds === 'number' ? new Date(seconds * 1000).toISOString() : '?';
}
