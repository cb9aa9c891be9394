// How a host mounted the router, looked at with its first request: what is wrong is named once, and answered as what it is.
import type { Request, RequestHandler } from 'express';

import type { Problem } from '../http/problems.ts';

/** Routers of any instance know each other by this. */
const OURS = Symbol.for('creditpool.router');

interface Layer {
  readonly name?: string;
  readonly handle: object;
  /** Express 4 answers whether it does, Express 5 with how. */
  readonly match?: (path: string) => boolean | object | null;
}

export function markAsOurs(router: RequestHandler): RequestHandler {
  return Object.assign(router, { [OURS]: true });
}

/** What is wrong with the place of this router in the host's app; null when nothing is. */
export function wrongMounting(router: RequestHandler, request: Request): Problem | null {
  const layers = layersOf(request);
  const here = layers.findIndex(({ handle }) => handle === router);
  if (here === -1) return null;
  const path = request.originalUrl.split('?')[0] ?? '/';
  const twin = layers.find((layer, index) => index !== here && OURS in layer.handle && matches(layer, path));
  if (twin !== undefined) {
    const message = `two of creditpool's routers are mounted at ${request.baseUrl || '/'}: only the first is ever asked; give each a path of its own`;
    return { code: 'mounted_twice', message };
  }
  const parser = layers.slice(0, here).find((layer) => isParser(layer.name) && matches(layer, path));
  if (parser === undefined) return null;
  const message = `${parser.name} is mounted before creditpool's router: mount the router first, webhook signatures need the raw bytes`;
  return { code: 'raw_body_required', message };
}

function matches(layer: Layer, path: string): boolean {
  return Boolean(layer.match?.(path));
}

function isParser(name: string | undefined): boolean {
  return name === 'jsonParser' || name === 'rawParser' || name === 'textParser' || name === 'urlencodedParser';
}

/** Express 5 keeps its layers in `router`, Express 4 in `_router`. */
function layersOf({ app }: Request): readonly Layer[] {
  const host = app as unknown as Record<'router' | '_router', { readonly stack?: readonly Layer[] } | undefined>;
  // In Express 4 the very question for `router` throws.
  return (host._router ?? host.router)?.stack ?? [];
}
