// `/openapi.json`, and `/docs`: the same document for people, with scripts and styles of our own origin only.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { Router } from 'express';
import helmet from 'helmet';

import { apiDocument } from './openapi.ts';

const SELF = ["'self'"];
const HEADERS: Parameters<typeof helmet>[0] = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: SELF,
      styleSrc: SELF,
      // Swagger UI's style sheet has its little pictures inside.
      imgSrc: ["'self'", 'data:'],
      connectSrc: SELF,
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  referrerPolicy: { policy: 'no-referrer' },
};

const START = `SwaggerUIBundle({
  url: document.getElementById('reference').dataset.url,
  domNode: document.getElementById('reference'),
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
});
`;

const STYLE = 'body { margin: 0; background: #fff; }\n';

const FILES = [
  ['swagger-ui.css', 'text/css', () => ofPackage('swagger-ui.css')],
  ['swagger-ui-bundle.js', 'text/javascript', () => ofPackage('swagger-ui-bundle.js')],
  ['reference.css', 'text/css', () => STYLE],
  ['reference.js', 'text/javascript', () => START],
] as const;

/** Beside us where we are installed: the build copies it, since its package reports each installation to its makers. */
function ofPackage(name: string): Buffer {
  const built = new URL(`swagger-ui/${name}`, import.meta.url);
  return readFileSync(existsSync(built) ? built : fileURLToPath(import.meta.resolve(`swagger-ui-dist/${name}`)));
}

export function referencePage(): Router {
  const router = Router({ caseSensitive: true });
  const documents = new Map<string, string>();
  router.get('/openapi.json', (request, response) => {
    const { baseUrl } = request;
    const text = documents.get(baseUrl) ?? JSON.stringify(apiDocument(baseUrl === '' ? '/' : baseUrl));
    documents.set(baseUrl, text);
    response.type('application/json').send(text);
  });
  router.get('/docs', helmet(HEADERS), (request, response) => {
    response.type('text/html').send(page(request.baseUrl));
  });
  for (const [name, type, content] of FILES) {
    router.get(`/docs/assets/${name}`, (_request, response) => {
      response.set('cache-control', 'public, max-age=300').type(type).send(content());
    });
  }
  return router;
}

function page(base: string): string {
  const at = `${base}/docs/assets`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Creditpool API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${at}/swagger-ui.css">
<link rel="stylesheet" href="${at}/reference.css">
</head>
<body>
<main id="reference" data-url="${base}/openapi.json"></main>
<noscript><p>This page needs JavaScript; the document itself is at <a href="${base}/openapi.json">openapi.json</a>.</p></noscript>
<script src="${at}/swagger-ui-bundle.js"></script>
<script src="${at}/reference.js"></script>
</body>
</html>
`;
}
