// The client: a process of its own, told by messages what to send.
import { randomBytes } from 'node:crypto';

import { type Connection, openConnection } from './keep-alive-client.ts';
import type { LoadOrder, LoadResult, RepeatedRequest, TrackedBatches } from './requests.ts';

interface Request {
  readonly head: string;
  readonly body: string;
}

const origin = process.argv[2] ?? '';

process.on('message', (order: LoadOrder) => {
  void run(order).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});

async function run(order: LoadOrder): Promise<LoadResult> {
  const connections = await Promise.all(Array.from({ length: order.connections }, () => openConnection(origin)));
  try {
    return await send(connections, order.kind === 'track' ? batchesOf(order) : repeated(order));
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** Each connection takes the next request as soon as its last one was answered. */
async function send(connections: readonly Connection[], requests: Iterator<Request>): Promise<LoadResult> {
  const latenciesMs: number[] = [];
  const started = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      for (let next = requests.next(); next.done !== true; next = requests.next()) {
        const { head, body } = next.value;
        const sent = performance.now();
        await connection.post(head, body);
        latenciesMs.push(performance.now() - sent);
      }
    }),
  );
  return { requests: latenciesMs.length, seconds: (performance.now() - started) / 1_000, latenciesMs };
}

function headOf(path: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ host: new URL(origin).host, 'content-type': 'application/json', ...headers });
  return `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}`;
}

function* repeated({ path, headers, body, forMs }: RepeatedRequest): Generator<Request> {
  const series = randomBytes(6).toString('hex');
  const head = headOf(path, headers);
  const until = performance.now() + forMs;
  for (let n = 0; performance.now() < until; n += 1) {
    yield { head: head.replace('{n}', `${series}-${n}`), body: body.replace('{n}', `${series}-${n}`) };
  }
}

/** Events as an AI product reports them; every pool in turn, random ids. */
function batchesOf({ headers, customers, batches, batchEvents }: TrackedBatches): Iterator<Request> {
  const head = headOf('/v1/track', headers);
  let count = 0;
  const event = () => {
    count += 1;
    return {
      id: `req_${randomBytes(12).toString('hex')}`,
      customer: customers[count % customers.length],
      action: 'llm.complete',
      quantities: { input_tokens: 200 + ((count * 37) % 4_000), output_tokens: 20 + ((count * 17) % 900) },
      occurred_at: new Date().toISOString(),
      member: `user_${count % 7}`,
    };
  };
  const made = Array.from({ length: batches }, (): Request => {
    const events = Array.from({ length: batchEvents }, event);
    return { head, body: JSON.stringify({ events }) };
  });
  return made.values();
}
