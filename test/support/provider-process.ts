// An OpenID provider in a process of its own, with the library's own pages: whoever types a name is that person.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Provider } from 'oidc-provider';

const [, , redirectUri = '', clientSecret = ''] = process.argv;
const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'console', client_secret: clientSecret, redirect_uris: [redirectUri] }],
    cookies: { keys: ['a key of the test provider'] },
    claims: { openid: ['sub', 'groups'], profile: ['name'], email: ['email', 'email_verified'] },
    findAccount: (_context, login) => ({
      accountId: login,
      claims: () => ({
        sub: login,
        name: `${login} Example`,
        email: `${login}@example.com`,
        email_verified: true,
        groups: login === 'mallory' ? ['everyone'] : ['everyone', `billing-${login}`],
      }),
    }),
  });
  const answer = provider.callback();
  server.on('request', (request, response) => void answer(request, response));
  process.stdout.write(`${issuer}\n`);
});
