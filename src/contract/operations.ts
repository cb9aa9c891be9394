// Every operation of the API, in one place. A route without its entry here fails a test; to add one, write the entry.
import type { z } from 'zod';

import { billingOperations } from './operations/billing.ts';
import { bookOperations } from './operations/books.ts';
import { correctionOperations } from './operations/corrections.ts';
import { customerOperations } from './operations/customers.ts';
import { holdOperations } from './operations/holds.ts';
import { launchOperations } from './operations/launch.ts';
import { marginOperations } from './operations/margin.ts';
import { memberOperations } from './operations/members.ts';
import { migrationOperations } from './operations/migrations.ts';
import { moneyCorrectionOperations } from './operations/money-corrections.ts';
import { operatingOperations } from './operations/operating.ts';
import { portalOperations } from './operations/portal.ts';
import { pricingOperations } from './operations/pricing.ts';
import { subscriptionOperations } from './operations/subscriptions.ts';
import { topUpOperations } from './operations/top-ups.ts';
import { usageOperations } from './operations/usage.ts';
import { varianceOperations } from './operations/variances.ts';

export const OPERATIONS = {
  ...usageOperations,
  ...holdOperations,
  ...customerOperations,
  ...memberOperations,
  ...billingOperations,
  ...subscriptionOperations,
  ...topUpOperations,
  ...portalOperations,
  ...correctionOperations,
  ...moneyCorrectionOperations,
  ...bookOperations,
  ...varianceOperations,
  ...marginOperations,
  ...pricingOperations,
  ...migrationOperations,
  ...launchOperations,
  ...operatingOperations,
} as const;

export type Operations = typeof OPERATIONS;
export type OperationId = keyof Operations;

/** What an operation answers when nothing is refused. */
export type AnswerOf<Id extends OperationId> = Operations[Id] extends { readonly csv: 'always' }
  ? string
  : Operations[Id] extends { readonly answersFile: true }
    ? Uint8Array
    : Operations[Id]['answers'] extends infer Answers
      ? {
          [Status in keyof Answers]: Answers[Status] extends z.ZodType ? z.output<Answers[Status]> : never;
        }[keyof Answers]
      : never;

/** What it takes: the body of a POST or PUT, the query of a GET. */
export type InputOf<Id extends OperationId> = Operations[Id] extends { readonly takesFile: true }
  ? FileToSend
  : Operations[Id] extends { readonly body: infer Body extends z.ZodType }
    ? z.input<Body>
    : Operations[Id] extends { readonly query: infer Query extends z.ZodType }
      ? z.input<Query>
      : Nothing;

interface Nothing {
  readonly nothing?: never;
}

/** A file with its name and media type. */
export interface FileToSend {
  readonly name: string;
  readonly type: string;
  readonly content: Uint8Array;
}
