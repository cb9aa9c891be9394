export type ErrorType = 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';

export interface ErrorDetails {
  readonly code?: string;
  readonly param?: string;
  readonly decline_code?: string;
  readonly payment_intent?: object;
  readonly charge?: string;
}

/** A refusal in Stripe's shape; thrown by handlers and turned into the answer by the server. */
export class StripeRefusal extends Error {
  readonly status: number;
  readonly type: ErrorType;
  readonly details: ErrorDetails;
  /** Nothing ran, so the idempotency key stays free. */
  readonly beforeExecution: boolean;
  /** What happened until here stays, as after a declined payment. */
  readonly keepsChanges: boolean;

  constructor(
    status: number,
    type: ErrorType,
    message: string,
    details: ErrorDetails = {},
    fate: { beforeExecution?: boolean; keepsChanges?: boolean } = {},
  ) {
    super(message);
    this.status = status;
    this.type = type;
    this.details = details;
    this.beforeExecution = fate.beforeExecution ?? false;
    this.keepsChanges = fate.keepsChanges ?? false;
  }
}

/** 400: the request cannot be carried out in the present state. */
export function invalidRequest(message: string, details: ErrorDetails = {}): StripeRefusal {
  return new StripeRefusal(400, 'invalid_request_error', message, details);
}

/** 400: the parameters themselves are wrong; nothing was tried. */
export function invalidParameter(message: string, code: string, param: string): StripeRefusal {
  return new StripeRefusal(400, 'invalid_request_error', message, { code, param }, { beforeExecution: true });
}

/** 404, or 400 when the id came as a parameter: nothing has this id. */
export function noSuch(noun: string, id: string, param = 'id'): StripeRefusal {
  const status = param === 'id' ? 404 : 400;
  const message = `No such ${noun}: '${id}'`;
  return new StripeRefusal(status, 'invalid_request_error', message, { code: 'resource_missing', param });
}

/** 402: the bank said no; the attempt stays on record. */
export function cardDeclined(message: string, declineCode: string, keepsChanges: boolean): StripeRefusal {
  const details = { code: 'card_declined', decline_code: declineCode };
  return new StripeRefusal(402, 'card_error', message, details, { keepsChanges });
}

/** The body of the answer to a refusal. */
export function errorBody(refusal: StripeRefusal): object {
  const code = refusal.details.code;
  const documentation = code === undefined ? {} : { doc_url: `https://stripe.com/docs/error-codes/${code}` };
  return { error: { type: refusal.type, message: refusal.message, ...refusal.details, ...documentation } };
}
