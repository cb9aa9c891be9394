// The client against the real service: metered streams, the AI SDK, a lease that dies, and books that tie afterwards.
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { streamText, wrapLanguageModel, generateText } from 'ai';
import { MockLanguageModelV4, simulateReadableStream } from 'ai/test';
import { afterAll, describe, expect, test, vi } from 'vitest';

import {
  createClient,
  createUsageQueue,
  CreditpoolError,
  isOutOfCredits,
  meterModel,
  meterStream,
  openLease,
  orRefusal,
} from '../../src/client/index.ts';
import { openJournal } from '../../src/journal/open-journal.ts';
import { verifyLedger } from '../../src/operations/verify-ledger.ts';
import { cloneDatabase } from '../support/database.ts';
import { startProcess } from '../support/processes.ts';
import { tellStory } from '../support/story.ts';

vi.setConfig({ testTimeout: 60_000 });

const { database } = await cloneDatabase();
const story = await tellStory(database);
const settings = { baseUrl: story.origin, apiKey: story.apiKey };
const credits = createClient(settings);
const subscribe = async (): Promise<string> => `ext:${(await story.subscriber()).externalId}`;
const left = async (customer: string): Promise<readonly string[]> => {
  const balance = await credits.getBalance(customer);
  return [balance.available, balance.held];
};

/** A rate of 1 credit per 1 000 input and 3 per 1 000 output tokens. */
const answering = {
  credits,
  action: 'llm.complete',
  hold: { quantities: { input_tokens: 1_000, output_tokens: 4_000 } },
};

test('checks, holds and captures are typed and exact', async () => {
  const customer = await subscribe();
  const may = await credits.check({ customer, action: 'api.call', quantities: { calls: 3 } });
  expect([may.allowed, may.cost, may.balance]).toEqual([true, '3', '10000']);
  const key = 'job-17';
  const hold = await credits.placeHold({ customer, action: 'api.call', credits: '40' }, { idempotencyKey: key });
  expect((await credits.placeHold({ customer, action: 'api.call', credits: '40' }, { idempotencyKey: key })).id).toBe(
    hold.id,
  );
  await credits.captureHold(hold.id, { amount: '27.5' });
  expect(await left(customer)).toEqual(['9972.5', '0']);
  const csv = await credits.statementCsv(customer, { from: '2026-04-01T00:00:00Z', to: '2026-04-02T00:00:00Z' });
  expect(csv).toContain(',12.5,-40,0,0,9972.5,0,0,0');
  const lines: string[] = [];
  const span = { from: '2026-04-01T00:00:00Z', to: '2026-04-02T00:00:00Z', limit: 1 };
  for await (const { kind } of credits.each('getStatement', customer, span)) lines.push(kind);
  expect(lines.filter((kind) => kind === 'hold.captured')).toHaveLength(1);
  expect(await orRefusal(credits.getBalance('ext:nobody'))).toMatchObject({
    refused: { code: 'unknown_customer', status: 404, docUrl: `${story.origin}/docs/errors/unknown_customer` },
  });
});

describe('a stream', () => {
  /** A model that says five tokens, and breaks off when it is told to. */
  const model = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let token = 0; token < 5; token += 1) response.write(`data: token ${token}\n\n`);
    if (request.url === '/breaks') setTimeout(() => response.destroy(), 50);
    else response.end();
  }).listen(0, '127.0.0.1');
  afterAll(() => model.close());
  const say = async (path: string): Promise<AsyncIterable<string>> => {
    const { body } = await fetch(`http://127.0.0.1:${(model.address() as AddressInfo).port}${path}`);
    if (body === null) throw new Error('the model said nothing');
    return body.pipeThrough(new TextDecoderStream());
  };
  /** Each token as a thousand, so that the credits are seen. */
  const count = (text: string) => ({ output_tokens: text.split('data:').length * 1_000 - 1_000 });

  test('of a plain fetch is captured by what came', async () => {
    const customer = await subscribe();
    let text = '';
    const metered = meterStream({ ...answering, customer, count, hold: { quantities: { output_tokens: 9_000 } } }, () =>
      say('/'),
    );
    for await (const chunk of metered) text += chunk;
    expect(text.split('token')).toHaveLength(6);
    expect(await left(customer)).toEqual(['9985', '0']);
  });

  test('that the reader leaves, or that breaks, gives everything back; or takes what came', async () => {
    const customer = await subscribe();
    for await (const _ of meterStream({ ...answering, customer, count }, () => say('/'))) {
      expect(await left(customer)).toEqual(['9987', '13']);
      break;
    }
    expect(await left(customer)).toEqual(['10000', '0']);
    const broken = async (onAbort: 'release' | 'capture'): Promise<void> => {
      for await (const _ of meterStream({ ...answering, customer, count, onAbort }, () => say('/breaks'))) continue;
    };
    await expect(broken('release')).rejects.toThrow('terminated');
    expect(await left(customer)).toEqual(['10000', '0']);
    await expect(broken('capture')).rejects.toThrow('terminated');
    expect(await left(customer)).toEqual(['9985', '0']);
    const gone = async () => Promise.reject(new Error('no model'));
    await expect(meterStream({ ...answering, customer, count }, gone).next()).rejects.toThrow('no model');
    expect(await left(customer)).toEqual(['9985', '0']);
  });

  test('is not begun without credits', async () => {
    const customer = await subscribe();
    await credits.limitSpending(customer, { overage_credits: '0' });
    let isBegun = false;
    const metered = meterStream({ ...answering, customer, count, hold: { credits: '10001' } }, async () => {
      isBegun = true;
      return say('/');
    });
    const failure: unknown = await metered.next().catch((error: unknown) => error);
    expect([isOutOfCredits(failure), isBegun]).toEqual([true, false]);
  });
});

describe("the AI SDK's middleware", () => {
  const usage = {
    inputTokens: { total: 1_000, noCache: 1_000, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 2_000, text: 2_000, reasoning: 0 },
  };
  const finishReason = { unified: 'stop', raw: undefined } as const;
  const text = { type: 'text', text: 'Hello' } as const;
  const modelOf = (customer: string, more: Partial<ConstructorParameters<typeof MockLanguageModelV4>[0]> = {}) =>
    wrapLanguageModel({
      model: new MockLanguageModelV4({
        doGenerate: async () => ({ content: [text], finishReason, usage, warnings: [] }),
        doStream: async () => ({
          stream: simulateReadableStream({
            chunks: [
              { type: 'text-start', id: '1' },
              { type: 'text-delta', id: '1', delta: 'Hello' },
              { type: 'text-end', id: '1' },
              { type: 'finish', finishReason, usage },
            ],
            chunkDelayInMs: 20,
          }),
        }),
        ...more,
      }),
      middleware: meterModel({ credits, customer, action: 'llm.complete', hold: () => answering.hold }),
    });

  test('takes the tokens that the model reports, whole or streamed', async () => {
    const customer = await subscribe();
    const model = modelOf(customer);
    expect((await generateText({ model, prompt: 'Hi' })).text).toBe('Hello');
    expect(await left(customer)).toEqual(['9993', '0']);
    const stream = streamText({ model, prompt: 'Hi' });
    expect(await stream.text).toBe('Hello');
    expect(await left(customer)).toEqual(['9986', '0']);
  });

  test('gives back what a model that fails, or a reader who leaves, did not use', async () => {
    const customer = await subscribe();
    const model = modelOf(customer, { doGenerate: async () => Promise.reject(new Error('overloaded')) });
    await expect(generateText({ model, prompt: 'Hi', maxRetries: 0 })).rejects.toThrow('overloaded');
    expect(await left(customer)).toEqual(['10000', '0']);
    const leaves = new AbortController();
    const stream = streamText({ model, prompt: 'Hi', abortSignal: leaves.signal, onError: () => undefined });
    for await (const part of stream.fullStream) if (part.type === 'text-start') leaves.abort();
    await vi.waitFor(async () => expect(await left(customer)).toEqual(['10000', '0']));
  });
});

describe('a lease', () => {
  const folder = mkdtempSync(join(tmpdir(), 'creditpool-lease-'));
  const lease = { credits, action: 'api.call', everyMs: 3_600_000 };

  test('spends in this process, in blocks, and gives the rest back', async () => {
    const customer = await subscribe();
    const one = await openLease({ ...lease, customer, block: '100' });
    expect([one.spend('40'), one.spend('60.5'), one.left()]).toEqual([true, false, '60']);
    await one.settle();
    expect(await left(customer)).toEqual(['9900', '60']);
    expect([one.spend('30'), one.left()]).toEqual([true, '30']);
    // Less than half a block is left: another one is held.
    await one.settle();
    expect([one.left(), await left(customer)]).toEqual(['130', ['9800', '130']]);
    await one.close();
    expect([one.spend('1'), await left(customer)]).toEqual([false, ['9930', '0']]);
  });

  test('never spends more than is held, and says when there is no more', async () => {
    const customer = await subscribe();
    await credits.limitSpending(customer, { overage_credits: '0' });
    const troubles: string[] = [];
    const one = await openLease({
      ...lease,
      customer,
      block: '9990',
      onTrouble: ({ code }) => void troubles.push(code),
    });
    expect([one.spend('9990'), one.spend('1')]).toEqual([true, false]);
    await vi.waitFor(() => expect(troubles).toEqual(['insufficient_credits']));
    await one.close();
    expect(await left(customer)).toEqual(['10', '0']);
  });

  test('that is killed loses nothing that it granted: the next one captures it', async () => {
    const customer = await subscribe();
    const path = join(folder, 'killed');
    let granted = 0;
    for (let life = 0; life < 3; life += 1) {
      const { child, lines, ended } = startProcess('lease-process.ts', story.origin, story.apiKey, customer, path);
      await vi.waitFor(() => expect(lines().length).toBeGreaterThan(150), { timeout: 20_000, interval: 5 });
      child.kill('SIGKILL');
      await ended;
      granted += lines().filter((line) => line === 'spent').length;
    }
    const last = await openLease({ ...lease, customer, block: '1', journal: openJournal(path) });
    await last.close();
    const [available = '', held] = await left(customer);
    expect(held).toBe('0');
    // Written down before it was said: of each life at most one more than we heard of.
    const captured = 10_000 - Number(available);
    expect(captured).toBeGreaterThanOrEqual(granted);
    expect(captured).toBeLessThanOrEqual(granted + 3);
    expect((await verifyLedger(story.billing.deps)).breaches).toEqual([]);
  });

  test('that is lost with its journal loses what was not captured, a block at most; the credits are the customer’s', async () => {
    const customer = await subscribe();
    const lost = await openLease({ ...lease, customer, block: '100', ttl_seconds: 60 });
    lost.spend('30');
    await lost.settle();
    lost.spend('50');
    await story.until('2026-04-01T00:10:00Z');
    expect(await left(customer)).toEqual(['9970', '0']);
    await lost.close();
    expect(await left(customer)).toEqual(['9970', '0']);
  });
});

test('usage that waited for the network is counted once, by the time of its use', async () => {
  const customer = await subscribe();
  let isAway = true;
  const shaky = createClient({
    ...settings,
    retries: 0,
    // Every other answer is lost after it was given.
    fetch: async (...asked) => {
      if (isAway) throw new TypeError('fetch failed');
      isAway = true;
      await fetch(...asked);
      throw new TypeError('the answer was lost');
    },
  });
  const queue = createUsageQueue({ credits: shaky });
  for (let one = 0; one < 20; one += 1) {
    queue.add({ customer, action: 'api.call', quantities: { calls: 1 }, occurred_at: '2026-04-01T00:00:00Z' });
  }
  await expect(queue.flush()).rejects.toBeInstanceOf(CreditpoolError);
  isAway = false;
  await expect(queue.flush()).rejects.toMatchObject({ code: 'unreachable' });
  expect([queue.waiting(), await left(customer)]).toEqual([20, ['9980', '0']]);
  const steady = createUsageQueue({ credits });
  expect(steady.waiting()).toBe(0);
});
