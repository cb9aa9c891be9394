// Inside the frame page: the token is behind the # of its address, which no server sees; a new one comes from the host's page.
import { CreditBalance, CreditGrants, CreditTopup, CreditUsage } from './index.ts';

const ASKING = 'creditpool.token_wanted';
const GIVING = 'creditpool.token';
const ANSWER_WITHIN_MS = 5_000;

let given = decodeURIComponent(location.hash.slice(1));
history.replaceState(null, '', location.pathname + location.search);

/** The token of the address first; afterwards whatever the page around us answers. */
async function token(): Promise<string> {
  if (given !== '') {
    const first = given;
    given = '';
    return first;
  }
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the page around this frame gave no token')), ANSWER_WITHIN_MS);
    addEventListener('message', function hear({ source, data }: MessageEvent<{ type?: unknown; token?: unknown }>) {
      if (source !== parent || data.type !== GIVING || typeof data.token !== 'string') return;
      removeEventListener('message', hear);
      clearTimeout(timer);
      resolve(data.token);
    });
    // Says that one is wanted and nothing else, so whoever frames us may hear it.
    parent.postMessage({ type: ASKING }, '*');
  });
}

const shown = new URLSearchParams(location.search).get('show') ?? 'balance,usage,grants,topup';
const makers = { balance: CreditBalance, usage: CreditUsage, grants: CreditGrants, topup: CreditTopup } as const;

for (const name of shown.split(',')) {
  if (!(name in makers)) continue;
  const element = new makers[name as keyof typeof makers]();
  element.token = token;
  element.setAttribute('heading-level', document.querySelector('main')?.childElementCount === 0 ? '1' : '2');
  document.querySelector('main')?.append(element);
}
