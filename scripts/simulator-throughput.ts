/**
 * How many meter events a second the simulator takes on one core, beside a server that only reads and answers.
 * `npm run bench:simulator [-- SECONDS]`: each server is a process of its own, the load comes from this one.
 */
import { fork } from 'node:child_process';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { startSimulator } from '../src/simulator/simulator.ts';

const CONNECTIONS = 32;
const KEY = 'sk_test_simulator';
const ANSWER = JSON.stringify({ object: 'billing.meter_event', livemode: false });

/** Listens, reads, answers: the most that Node could do here. */
function startNoop(): void {
  const server = createServer((incoming, response) => {
    incoming.resume();
    incoming.once('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(ANSWER));
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

async function post(agent: Agent, port: number, path: string, form: Readonly<Record<string, string>>): Promise<string> {
  const body = new URLSearchParams(form).toString();
  const headers = {
    authorization: `Bearer ${KEY}`,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': body.length,
  };
  return new Promise((resolve, reject) => {
    const sent = request({ agent, host: '127.0.0.1', port, path, method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.once('end', () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(text));
      });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

/** Meter events a second for `seconds`, over kept connections. */
async function measure(role: 'noop' | 'simulator', seconds: number): Promise<number> {
  const child = fork(fileURLToPath(import.meta.url), [role]);
  const port = await new Promise<number>((resolve) => child.once('message', (message) => resolve(Number(message))));
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let customer = 'cus_1';
  if (role === 'simulator') {
    const meter = { display_name: 'Credits', event_name: 'credits', 'default_aggregation[formula]': 'sum' };
    await post(agent, port, '/v1/billing/meters', meter);
    customer = (JSON.parse(await post(agent, port, '/v1/customers', {})) as { id: string }).id;
  }
  const event = { event_name: 'credits', 'payload[stripe_customer_id]': customer, 'payload[value]': '1' };
  let answered = 0;
  const until = performance.now() + seconds * 1000;
  const client = async (): Promise<void> => {
    while (performance.now() < until) {
      await post(agent, port, '/v1/billing/meter_events', event);
      answered += 1;
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  const rate = (answered / (performance.now() - begun)) * 1000;
  agent.destroy();
  child.kill();
  return rate;
}

const [role] = process.argv.slice(2);
if (role === 'noop') startNoop();
else if (role === 'simulator') process.send?.((await startSimulator({ secretKey: KEY })).port);
else {
  const seconds = Number(role ?? '5');
  // Warm, then in turn, so that a busy machine is busy for both.
  const rounds = [];
  for (const warm of [true, false, false]) {
    const noop = await measure('noop', warm ? 1 : seconds);
    const simulator = await measure('simulator', warm ? 1 : seconds);
    if (!warm) rounds.push({ noop, simulator });
  }
  for (const { noop, simulator } of rounds) {
    console.log(
      `simulator ${Math.round(simulator)} meter events/s, no-op server ${Math.round(noop)} requests/s, ratio ${(simulator / noop).toFixed(2)}`,
    );
  }
}
