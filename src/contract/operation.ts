// One operation of the API as everybody sees it: the document, the client and the tests are made of these.
import type { z } from 'zod';

export const TAGS = {
  Usage: 'May it run, what does it cost, what was used.',
  Holds: 'Credits reserved for work that runs.',
  Customers: 'Balances, statements, members, and why a figure is what it is.',
  Grants: 'Credits that come in without an invoice.',
  Billing: 'Subscriptions, invoices, settlements and top-ups; Stripe owns the money.',
  Portal: "A customer's own page, entered with a token of its own.",
  Corrections: 'Mistakes put right, with evidence and a second person.',
  Books: 'Reconciliation, the close of a month and its exports.',
  Margin: 'What uses cost at the providers of models, what they bring, and who uses what nobody knows of.',
  Pricing: 'Another model on past usage, the way to it, and the monthly judgement of the present one.',
  Webhooks: 'Who is told what, and what became of it.',
  Operating: 'What waits, what stopped, and the clock of a sandbox.',
} as const;
export type Tag = keyof typeof TAGS;

export interface Operation {
  readonly method: 'get' | 'post' | 'put';
  /** As the router has it; `:id` is a parameter. */
  readonly path: `/v1/${string}`;
  readonly tag: Tag;
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** What is answered when nothing is refused, by status. */
  readonly answers: Readonly<Partial<Record<200 | 201 | 202, z.ZodType>>>;
  /** Answered as a CSV file: always, or when the query asks for it. */
  readonly csv?: 'always' | 'on_request';
  /** Takes a file of any type as its body. */
  readonly takesFile?: true;
  /** Answers a file of any type. */
  readonly answersFile?: true;
}
