// HTTP/1.1 over sockets that stay open, one request at a time on each. Written out by hand because a client that costs as
// much as the server would measure itself: on two cores both share them with the database.
import { connect, type Socket } from 'node:net';

export interface Connection {
  readonly post: (head: string, body: string) => Promise<void>;
  readonly close: () => void;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** One open connection. `post` throws when the answer is not 200. */
export async function openConnection(origin: string): Promise<Connection> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  socket.setNoDelay(true);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
  });
  let waiting: Waiting | null = null;
  listen(socket, (status, text) => {
    const answered = waiting;
    waiting = null;
    if (status === 200) answered?.resolve();
    else answered?.reject(new Error(`the server answered ${status}: ${text.slice(0, 500)}`));
  });
  socket.on('error', (error) => waiting?.reject(error));
  return {
    post: async (head, body) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
      }),
    close: () => socket.destroy(),
  };
}

/** Calls back once per answer. Bodies are skipped by their length and only read when something went wrong. */
function listen(socket: Socket, answered: (status: number, text: string) => void): void {
  let head: Buffer = Buffer.alloc(0);
  let rest = 0;
  let status = 0;
  let wrong = '';
  socket.on('data', (chunk) => {
    let data: Buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (rest === 0) {
      if (head.length > 0) data = Buffer.concat([head, data]);
      const end = data.indexOf('\r\n\r\n');
      if (end < 0) {
        head = data;
        return;
      }
      head = Buffer.alloc(0);
      const text = data.toString('latin1', 0, end);
      status = Number(text.slice(9, 12));
      rest = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
      if (Number.isNaN(rest)) throw new Error(`an answer without a length: ${text}`);
      data = data.subarray(end + 4);
    }
    if (status !== 200) wrong += data.toString('utf8');
    rest -= data.length;
    if (rest > 0) return;
    rest = 0;
    const text = wrong;
    wrong = '';
    answered(status, text);
  });
}
