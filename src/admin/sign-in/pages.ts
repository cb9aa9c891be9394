// What a person sees before he is let in, and when he has to say again who he is.
import type { Operator } from '../../domain/operator.ts';
import { a, button, code, div, form, group, h1, input, type Markup, meta, p } from '../markup.ts';
import type { Children } from '../markup.ts';
import type { SignInSettings } from './settings.ts';

function door(name: string, ...content: Children[]): Markup {
  return div({ class: 'door panel' }, h1(null, name), ...content);
}

/** A link and no form: the policy lets forms lead nowhere else, not even by a redirect. */
function startLink(base: string, words: string, query: Readonly<Record<string, string>>): Markup {
  const href = `${base}/sign-in/start?${new URLSearchParams(query).toString()}`;
  return p(null, a({ class: 'button primary', href }, words));
}

/** Nobody is signed in: the way in, by what the deployment has set up. */
export function signInPage(base: string, { by }: SignInSettings, returnTo: string): Markup {
  switch (by) {
    case 'provider':
      return door(
        'Sign in',
        p(null, 'You are sent to your identity provider and come back here.'),
        startLink(base, 'Sign in', { to: returnTo }),
      );
    case 'proxy':
      return door('Not signed in', p(null, 'The proxy in front of this page did not say who you are.'));
    case 'link':
      return door(
        'Sign in with a link',
        p(null, 'This sandbox prints links that work once, one for each person, when it starts. For new ones run:'),
        p(null, code(null, 'npm run -s creditpool -- console links')),
      );
    case 'nobody':
      return door(
        'Nobody can sign in yet',
        p(null, 'Set OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET, or CONSOLE_PROXY_SECRET behind a proxy.'),
        p(null, 'docs/console.md has both, step by step.'),
      );
  }
}

/** A link is used by pressing the button, so that nothing that only looks at links uses it up. */
export function linkPage(base: string, token: string, operator: Operator | null): Markup {
  if (operator === null) {
    return door(
      'This link was used, or is too old',
      p(null, 'Each link works once. For new ones run:'),
      p(null, code(null, 'npm run -s creditpool -- console links')),
    );
  }
  return door(
    `Sign in as ${operator.name}`,
    p(null, `Roles: ${operator.roles.join(', ')}.`),
    form(
      { action: `${base}/sign-in/link`, method: 'post' },
      input({ type: 'hidden', name: 'token', value: token }),
      button({ type: 'submit', class: 'primary' }, `Sign in as ${operator.name}`),
    ),
  );
}

/** Dangerous acts ask for a proof of identity that is no older than five minutes. */
export function confirmPage(
  { base, csrf }: { readonly base: string; readonly csrf: string },
  { by }: SignInSettings,
  operator: Operator,
  returnTo: string,
): Markup {
  const why = p(null, 'What you are about to do needs a sign-in that is no older than five minutes. Nothing is lost.');
  if (by === 'provider') {
    return door('Is it still you?', why, startLink(base, 'Sign in again', { to: returnTo, fresh: '1' }));
  }
  return door(
    'Is it still you?',
    why,
    form(
      { action: `${base}/confirm`, method: 'post' },
      input({ type: 'hidden', name: 'csrf', value: csrf }),
      input({ type: 'hidden', name: 'to', value: returnTo }),
      button({ type: 'submit', class: 'primary' }, `Yes, I am ${operator.name}`),
    ),
  );
}

/** Our cookie is not sent on the way back from another site; the next step, from here to here, sends it. */
export function bounce(to: string): Markup {
  return group(
    meta({ 'http-equiv': 'refresh', content: `0;url=${to}` }),
    door('One moment', form({ action: to, method: 'get' }, button({ type: 'submit', class: 'primary' }, 'Go on'))),
  );
}
