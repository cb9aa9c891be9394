import { expect, test } from 'vitest';

import { watchedBanner, watchedNotice } from '../../src/domain/ladder.ts';

const words = (action: string): string => ({ 'api.call': 'a call', 'llm.complete': 'an answer' })[action] ?? action;

test.for<[string, readonly string[], readonly string[], boolean, string | null, string | null]>([
  ['everything is enforced', [], [], false, null, null],
  ['nothing was pushed', [], [], true, null, null],
  [
    'a newly connected account',
    ['api.call', 'llm.complete'],
    [],
    true,
    'OBSERVE – nothing is posted',
    'Use is only observed for now: nothing is taken from these credits, and nothing is billed.',
  ],
  [
    'all of it in shadow',
    [],
    ['api.call'],
    true,
    'SHADOW – nothing is posted; would-be draws stand in books of their own',
    'Use is only observed for now: nothing is taken from these credits, and nothing is billed.',
  ],
  [
    'one of several',
    ['api.call'],
    [],
    false,
    'OBSERVE – nothing is posted for api.call',
    'For now a call is only observed: nothing is taken from these credits for it.',
  ],
  [
    'on two rungs',
    ['api.call'],
    ['llm.complete'],
    false,
    'OBSERVE – nothing is posted for api.call · SHADOW – only would-be draws for llm.complete',
    'For now a call and an answer are only observed: nothing is taken from these credits for it.',
  ],
  [
    'more than anybody reads',
    ['a', 'b', 'c', 'd', 'e'],
    [],
    false,
    'OBSERVE – nothing is posted for a, b, c and 2 more',
    'For now a, b, c and 2 more are only observed: nothing is taken from these credits for it.',
  ],
])('%s: what operators and customers are told of it', ([, observe, shadow, nothingEnforced, banner, notice]) => {
  const modes = { observe, shadow, nothingEnforced };
  expect([watchedBanner(modes), watchedNotice(modes, words)]).toEqual([banner, notice]);
});
