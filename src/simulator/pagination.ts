import { invalidRequest } from './errors.ts';
import { rendered } from './render.ts';

export interface Paging {
  readonly limit?: number | undefined;
  readonly starting_after?: string | undefined;
  readonly ending_before?: string | undefined;
}

/** One page of `items`, which come in the order of the listing (for most lists newest first). */
export function page(items: readonly { readonly id: string }[], paging: Paging, url: string): object {
  const limit = paging.limit ?? 10;
  const position = (id: string, param: string): number => {
    const index = items.findIndex((item) => item.id === id);
    if (index === -1) throw invalidRequest(`No such object: '${id}'`, { code: 'resource_missing', param });
    return index;
  };
  if (paging.starting_after !== undefined && paging.ending_before !== undefined) {
    throw invalidRequest('You may only specify one of these parameters: starting_after, ending_before.');
  }
  if (paging.ending_before !== undefined) {
    const end = position(paging.ending_before, 'ending_before');
    const start = Math.max(0, end - limit);
    return list(items.slice(start, end), start > 0, url);
  }
  const start = paging.starting_after === undefined ? 0 : position(paging.starting_after, 'starting_after') + 1;
  return list(items.slice(start, start + limit), start + limit < items.length, url);
}

/** A list in Stripe's shape. */
export function list(data: readonly object[], hasMore: boolean, url: string): object {
  return { object: 'list', data: data.map(rendered), has_more: hasMore, url };
}
