// Styles and scripts from our own origin: nothing is loaded from elsewhere.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { Router } from 'express';

const FILES = [
  ['console.css', new URL('assets/console.css', import.meta.url).href, 'text/css'],
  ['console.js', new URL('assets/console.js', import.meta.url).href, 'text/javascript'],
  ['icon.svg', new URL('assets/icon.svg', import.meta.url).href, 'image/svg+xml'],
  ['htmx.js', import.meta.resolve('htmx.org/dist/htmx.min.js'), 'text/javascript'],
] as const;

export function assetRouter(): Router {
  const router = Router();
  for (const [name, url, type] of FILES) {
    const content = readFileSync(fileURLToPath(url));
    const etag = `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`;
    router.get(`/assets/${name}`, (_request, response) => {
      response.set({ 'cache-control': 'public, max-age=300', etag }).type(type).send(content);
    });
  }
  return router;
}
