// The client against a network that misbehaves: what is tried again, with which key, and what a failure is called.
import { describe, expect, test } from 'vitest';

import { createClient, CreditpoolError, isOutOfCredits, isUnreachable, orRefusal } from '../../src/client/index.ts';

interface Sent {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

type Answer = (sent: Sent) => Response | Error | Promise<Response>;

/** A client whose network gives these answers in turn, the last one for ever; pauses are noted and not slept. */
function clientOf(...answers: readonly Answer[]) {
  const sent: Sent[] = [];
  const pauses: number[] = [];
  const credits = createClient({
    baseUrl: 'https://host.example/billing/',
    apiKey: 'cp_test_1',
    sleep: async (ms) => void pauses.push(ms),
    fetch: async (input, init) => {
      const one = {
        url: input instanceof Request ? input.url : input.toString(),
        method: init?.method ?? '',
        headers: init?.headers as Record<string, string>,
        body: typeof init?.body === 'string' ? (JSON.parse(init.body) as unknown) : undefined,
      };
      sent.push(one);
      const answer = await (answers[sent.length - 1] ?? answers.at(-1))?.(one);
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error('nothing to answer');
      return answer;
    },
  });
  return { credits, sent, pauses };
}

const json =
  (status: number, body: object, headers: Record<string, string> = {}) =>
  () =>
    Response.json(body, { status, headers });
const refusal = (status: number, code: string, headers: Record<string, string> = {}) =>
  json(status, { error: { type: 'x', code, message: `it is ${code}`, doc_url: 'd', request_id: 'req_1' } }, headers);
const cut = () => new TypeError('fetch failed', { cause: new Error('socket hang up') });
const nobody = () =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) });

const HOLD = { customer: 'ext:a', action: 'api.call', credits: '5' };

test('a hold whose answer was lost is asked for again with the same key, and a new hold gets another key', async () => {
  const { credits, sent, pauses } = clientOf(cut, refusal(503, 'database_unavailable'), json(200, { id: 'hold_1' }));
  await credits.placeHold(HOLD);
  await credits.placeHold(HOLD);
  const keys = sent.map(({ headers }) => headers['idempotency-key']);
  expect(keys[0]).toMatch(/^[\w-]{36}$/);
  expect(keys).toEqual([keys[0], keys[0], keys[0], keys[3]]);
  expect(keys[3]).not.toBe(keys[0]);
  expect(sent[0]).toMatchObject({ url: 'https://host.example/billing/v1/holds', method: 'POST', body: HOLD });
  // 200 and 400 ms, each between half and whole.
  expect(pauses.map((ms, index) => ms >= 100 * 2 ** index && ms <= 200 * 2 ** index)).toEqual([true, true]);
});

test('the pause is at least what Retry-After says', async () => {
  const { credits, pauses } = clientOf(refusal(503, 'not_ready', { 'retry-after': '7' }), json(200, {}));
  await credits.getBurnTable();
  expect(pauses).toEqual([7_000]);
});

describe('what has no key and may have been done is not done again', () => {
  test.for<[string, Answer, number]>([
    ['a cut connection', cut, 1],
    ['a broken server', refusal(500, 'internal'), 1],
    ['nobody listening', nobody, 4],
    ['a server that is starting', refusal(503, 'not_ready'), 4],
  ])('%s', async ([, answer, tries]) => {
    const { credits, sent } = clientOf(answer);
    const why = { customer: 'ext:a', reason: 'r', ticket: 't' };
    await expect(credits.reverseUsage('usage_1', why)).rejects.toBeInstanceOf(CreditpoolError);
    expect(sent).toHaveLength(tries);
  });
});

test('a refusal is an error with its code, and is never repeated', async () => {
  const details = { needed: '5', available: '1', limit: 'balance', lifted_by: 'the owner' };
  const { credits, sent } = clientOf(
    json(402, { error: { type: 'x', code: 'insufficient_credits', message: 'm', request_id: 'req_1', details } }),
  );
  const failure: unknown = await credits.placeHold(HOLD).catch((error: unknown) => error);
  expect(isOutOfCredits(failure) && failure.details.available).toBe('1');
  expect(failure).toMatchObject({ status: 402, requestId: 'req_1' });
  expect(await orRefusal(credits.placeHold(HOLD))).toMatchObject({ refused: { code: 'insufficient_credits' } });
  expect(sent).toHaveLength(2);
});

test('a network that is away is named, after the last try', async () => {
  const { credits, sent } = clientOf(nobody);
  const failure: unknown = await orRefusal(credits.getBurnTable()).catch((error: unknown) => error);
  expect(isUnreachable(failure)).toBe(true);
  expect(failure).toMatchObject({ code: 'unreachable', status: 0 });
  expect(sent).toHaveLength(4);
});

test('something else than Creditpool is named, too', async () => {
  const { credits } = clientOf(() => new Response('<h1>Hello</h1>', { headers: { 'content-type': 'text/html' } }));
  await expect(credits.getBurnTable()).rejects.toMatchObject({ code: 'not_creditpool' });
});

test('time runs out for a try, and a caller may give up', async () => {
  const slow = createClient({
    baseUrl: 'http://x',
    apiKey: 'cp_test_1',
    retries: 0,
    timeoutMs: 20,
    fetch: async (_, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error));
      }),
  });
  await expect(slow.getBurnTable()).rejects.toMatchObject({
    code: 'unreachable',
    message: 'http://x did not answer GET /v1/burn_table within 20 ms',
  });
  const gone = new AbortController();
  const asked = slow.getBurnTable({}, { signal: gone.signal, timeoutMs: 60_000 });
  gone.abort();
  await expect(asked).rejects.toMatchObject({ code: 'aborted' });
});

test('ids go into the path, the rest into query or body; lists go on page after page', async () => {
  const line = (id: string) => ({ id });
  const { credits, sent } = clientOf(
    json(200, {}),
    json(200, { data: [line('case_1'), line('case_2')], has_more: true }),
    json(200, { data: [line('case_3')], has_more: false }),
    json(200, { data: [line('entry_1')], has_more: true, next: 'entry_1.4' }),
    json(200, { data: [line('entry_2')], has_more: false, next: null }),
  );
  await credits.setMemberCap('ext:a b/c', 'ada', { cap: null });
  const cases: string[] = [];
  for await (const { id } of credits.each('listCases', { state: 'open' })) cases.push(id);
  for await (const { id } of credits.each('getStatement', 'ext:a', { from: 'f', to: 't', limit: 1 })) cases.push(id);
  expect(cases).toEqual(['case_1', 'case_2', 'case_3', 'entry_1', 'entry_2']);
  expect(sent.map(({ url }) => url.replace('https://host.example/billing/v1', ''))).toEqual([
    '/customers/ext%3Aa%20b%2Fc/members/ada/cap',
    '/cases?limit=100&state=open',
    '/cases?limit=100&state=open&starting_after=case_2',
    '/customers/ext%3Aa/statement?limit=1&from=f&to=t',
    '/customers/ext%3Aa/statement?limit=1&from=f&to=t&starting_after=entry_1.4',
  ]);
});
