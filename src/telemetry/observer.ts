/** Hears what happens, once each. No label is ever something that a caller wrote: routes and resources are templates. */
export interface Observer {
  readonly request: (request: {
    readonly method: string;
    /** The route's template, `/v1/holds/:id`; `none` where nothing was found. */
    readonly route: string;
    readonly status: number;
    readonly seconds: number;
  }) => void;
  readonly refusal: (code: string) => void;
  readonly stripeCall: (call: {
    readonly method: string;
    /** `/v1/invoices/:id/finalize`. */
    readonly resource: string;
    /** 0 when no answer came. */
    readonly status: number;
    readonly seconds: number;
  }) => void;
  readonly turn: (turn: {
    readonly loop: string;
    readonly outcome: 'done' | 'failed';
    readonly seconds: number;
  }) => void;
}

function ignore(): void {
  // Nobody listens.
}

/** For tests and commands. */
export const NO_OBSERVER: Observer = { request: ignore, refusal: ignore, stripeCall: ignore, turn: ignore };
