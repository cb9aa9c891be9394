// Every page of the site by who reads it; sidebar and llms.txt are made of this, and a test finds a page that is missing.
import { readFileSync } from 'node:fs';

export interface PageGroup {
  readonly text: string;
  /** Paths below docs/, without `.md`. */
  readonly pages: readonly string[];
}

export const PAGE_GROUPS: readonly PageGroup[] = [
  { text: 'Begin', pages: ['start', 'afternoon', 'concepts'] },
  {
    text: 'How to: developer',
    pages: [
      'how-to/write-a-catalogue',
      'how-to/charge-a-route',
      'how-to/live-through-a-month',
      'how-to/connect-stripe',
      'how-to/go-live',
    ],
  },
  {
    text: 'How to: finance operator',
    pages: [
      'how-to/run-reconciliation',
      'how-to/settle-a-variance',
      'how-to/read-the-roll-forward',
      'how-to/export-the-journal',
      'how-to/close-a-month',
      'how-to/check-a-providers-bill',
    ],
  },
  {
    text: 'How to: support agent',
    pages: [
      'how-to/answer-where-the-credits-went',
      'how-to/give-goodwill',
      'how-to/credit-an-invoice',
      'how-to/approve-a-request',
    ],
  },
  {
    text: 'How to: end customer',
    pages: ['how-to/see-what-is-left', 'how-to/follow-your-usage', 'how-to/buy-credits'],
  },
  {
    text: 'How to: founder',
    pages: [
      'how-to/read-the-health-pack',
      'how-to/see-what-a-feature-earns',
      'how-to/find-shadow-ai',
      'how-to/compare-two-plans',
      'how-to/move-customers-to-a-plan',
    ],
  },
  {
    text: 'What you sell',
    pages: ['catalogue', 'policies', 'usage', 'zero-balance', 'members', 'subscriptions', 'alerts', 'margin'],
  },
  { text: 'For your code', pages: ['plugin', 'client', 'api', 'widget'] },
  {
    text: 'Support and finance',
    pages: ['console', 'explain', 'cases', 'finance', 'reconciliation', 'close', 'exports'],
  },
  { text: 'The pricing model', pages: ['launch', 'health-pack', 'migration'] },
  {
    text: 'Books and Stripe',
    pages: ['ledger', 'invariants', 'stripe', 'webhooks', 'stripe-queues', 'stripe-assumptions'],
  },
  { text: 'Operating', pages: ['operating', 'import', 'performance'] },
  {
    text: 'Reference',
    pages: ['reference/settings', 'reference/errors', 'reference/events', 'reference/cli', 'reference/api'],
  },
];

const FOLDER = new URL('../', import.meta.url);

export function readPage(page: string): string {
  return readFileSync(new URL(`${page}.md`, FOLDER), 'utf8');
}

/** What the page calls itself. */
export function titleOf(page: string): string {
  const title = /^# (.+)$/m.exec(readPage(page))?.[1];
  if (title === undefined) throw new Error(`docs/${page}.md has no title`);
  return title;
}
