// The customer's widget: its modules for any page, and a page of our own to show in a frame.
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { extname } from 'node:path';

import { type RequestHandler, Router } from 'express';
import helmet from 'helmet';

import type { HttpContext } from './context.ts';

const FOLDER = new URL('../widget/', import.meta.url);
const CODE = /^[a-z-]+\.(?:ts|js)$/;

const STYLE =
  'body { margin: 0; color-scheme: light dark; background: transparent } main { display: grid; gap: 16px }\n';

/** Where types are still in the sources (a checkout) they are taken out; an installed package has JavaScript. */
function moduleText(name: string): string {
  const text = readFileSync(new URL(name, FOLDER), 'utf8');
  return extname(name) === '.ts' ? stripTypeScriptTypes(text) : text;
}

export function widgetPage({ widgetOrigins }: Pick<HttpContext, 'widgetOrigins'>): Router {
  const router = Router({ caseSensitive: true });
  const names = readdirSync(FOLDER).filter((name) => CODE.test(name));
  const extension = names.includes('index.ts') ? 'ts' : 'js';
  const modules = new Map<string, string>();
  router.use(['/widget.js', '/widget'], fromAnywhere);
  router.get('/widget.js', (_request, response) => {
    response.type('text/javascript').send(`import './widget/index.${extension}';\n`);
  });
  router.get('/widget/frame', helmet(framed(widgetOrigins)), (request, response) => {
    // The policy says who may frame this page, by name; the older header cannot.
    response.removeHeader('x-frame-options');
    response.type('text/html').send(framePage(request.baseUrl, extension));
  });
  router.get('/widget/frame.css', (_request, response) => {
    response.type('text/css').send(STYLE);
  });
  for (const name of names) {
    router.get(`/widget/${name}`, (_request, response) => {
      const text = modules.get(name) ?? moduleText(name);
      modules.set(name, text);
      response.type('text/javascript').send(text);
    });
  }
  return router;
}

/** Scripts that any page may load; they hold nothing of anybody. */
const fromAnywhere: RequestHandler = (_request, response, next) => {
  response.set({
    'access-control-allow-origin': '*',
    'cross-origin-resource-policy': 'cross-origin',
    'cache-control': 'public, max-age=300',
  });
  next();
};

function framed(origins: readonly string[]): Parameters<typeof helmet>[0] {
  const self = ["'self'"];
  const none = ["'none'"];
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: none,
        scriptSrc: self,
        styleSrc: self,
        connectSrc: self,
        imgSrc: ['data:'],
        baseUri: none,
        formAction: none,
        frameAncestors: [...self, ...origins],
      },
    },
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    referrerPolicy: { policy: 'no-referrer' },
  };
}

function framePage(base: string, extension: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Credits</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${base}/widget/frame.css">
<script type="module" src="${base}/widget/frame.${extension}"></script>
</head>
<body>
<main></main>
<noscript><p>This page needs JavaScript.</p></noscript>
</body>
</html>
`;
}
