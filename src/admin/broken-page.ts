// What went wrong outside of a page's own words: it says its number and no more; the log has the rest.
import type { ErrorRequestHandler, Request, Response } from 'express';

import { tooLarge } from '../domain/evidence-file.ts';
import type { ConsoleContext } from './console-context.ts';
import { a, p } from './markup.ts';
import type { Page } from './page-route.ts';
import { heading, problem } from './parts.ts';
import { sentence } from './words.ts';

type Send = (context: ConsoleContext, request: Request, response: Response, page: Page, asked: null) => Promise<void>;

export function brokenPage(context: ConsoleContext, send: Send): ErrorRequestHandler {
  return async (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const id = String(response.locals['requestId']);
    const isSize = error instanceof Error && 'type' in error && error.type === 'entity.too.large';
    if (!isSize) context.deps.log.error({ err: error, requestId: id }, 'a page failed');
    const message = isSize ? sizeMessage(request) : 'Something broke on our side. Nothing was changed that we know of.';
    const again = p(null, a({ href: cameFrom(request) }, 'Try again'), `, or tell us the number ${id}.`);
    const body = [heading('That did not work'), problem(message), again];
    await send(context, request, response, { title: 'Not done', status: isSize ? 413 : 500, body }, null);
  };
}

function sizeMessage(request: Request): string {
  return request.is('multipart/form-data') === 'multipart/form-data'
    ? sentence(tooLarge().rejected.message)
    : 'That is more text than a form takes. Shorten it and send it again.';
}

/** The page with the form; a form's own address shows nothing when it is followed. */
function cameFrom(request: Request): string {
  const from = request.get('referer') ?? '';
  const isOurs = request.method === 'POST' && URL.canParse(from) && new URL(from).host === request.get('host');
  if (!isOurs) return request.originalUrl;
  const { pathname, search } = new URL(from);
  return pathname + search;
}
