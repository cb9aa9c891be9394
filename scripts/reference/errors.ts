import { meaningOf } from '../../src/http/problem-pages.ts';
import { PROBLEM_CODES, statusOf, typeOf } from '../../src/http/problems.ts';
import { code, page, plain, table } from './markdown.ts';

/** Each code that an answer may carry, as the server's own pages have it. */
export function errorsPage(): string {
  const rows = PROBLEM_CODES.toSorted().map((problem) => [
    code(problem),
    String(statusOf(problem)),
    code(typeOf(problem)),
    plain(meaningOf(problem)),
  ]);
  return page(
    'Error codes',
    'Every refusal has a `code`; its `doc_url` leads to `/docs/errors/CODE` of the server that answered, which says the same. [The API](../api.md#refusals) shows the shape.',
    table(['code', 'status', 'type', 'what happened, what to do'], rows),
  );
}
