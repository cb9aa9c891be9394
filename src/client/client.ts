// One method an operation: first the ids of its path, then what it takes, then how to call.
import type { AnswerOf, FileToSend, InputOf, OperationId, Operations } from '../contract/operations.ts';
import { ENDPOINTS, FILES, KEYED, REPEATABLE, WHOLE_LISTS } from './endpoints.ts';
import { type CallOptions, type ClientSettings, send } from './request.ts';

/** `/v1/customers/:id/members/:member/cap` takes two. */
type IdsOf<Path extends string> = Path extends `${string}:${infer Rest}`
  ? Rest extends `${string}/${infer Tail}`
    ? [id: string, ...IdsOf<`/${Tail}`>]
    : [id: string]
  : [];

/** Files come by `statementCsv`. */
type TakenBy<Id extends OperationId> = Id extends 'getStatement' ? Omit<InputOf<Id>, 'format'> : InputOf<Id>;

type Arguments<Id extends OperationId> =
  Partial<TakenBy<Id>> extends TakenBy<Id>
    ? [...ids: IdsOf<Operations[Id]['path']>, input?: TakenBy<Id>, options?: CallOptions]
    : [...ids: IdsOf<Operations[Id]['path']>, input: TakenBy<Id>, options?: CallOptions];

type Methods = { readonly [Id in OperationId]: (...given: Arguments<Id>) => Promise<AnswerOf<Id>> };

/** Every list. */
type PagedId = {
  [Id in OperationId]: AnswerOf<Id> extends { readonly has_more: boolean; readonly data: readonly unknown[] }
    ? Id
    : never;
}[OperationId];

type ItemOf<Id extends PagedId> = AnswerOf<Id> extends { readonly data: readonly (infer Item)[] } ? Item : never;

/** Two answers, told apart by what is asked. */
interface Track {
  (event: Exclude<InputOf<'track'>, Batch>, options?: CallOptions): Promise<Exclude<AnswerOf<'track'>, Results>>;
  (batch: Extract<InputOf<'track'>, Batch>, options?: CallOptions): Promise<Extract<AnswerOf<'track'>, Results>>;
}
interface Batch {
  readonly events: unknown;
}
interface Results {
  readonly results: unknown;
}

interface GetBalance {
  (id: string, input?: { readonly member?: string }, options?: CallOptions): Promise<BalanceNow>;
  (id: string, input: { readonly at: string; readonly member?: string }, options?: CallOptions): Promise<BalanceThen>;
}
type BalanceNow = Extract<AnswerOf<'getBalance'>, { readonly lots: unknown }>;
type BalanceThen = Exclude<AnswerOf<'getBalance'>, BalanceNow>;

export interface Creditpool extends Omit<Methods, 'track' | 'getBalance'> {
  readonly track: Track;
  readonly getBalance: GetBalance;
  /** Every item of a list, page after page: `for await (const one of credits.each('listCases', { state: 'open' }))`. */
  readonly each: <Id extends PagedId>(operation: Id, ...given: Arguments<Id>) => AsyncGenerator<ItemOf<Id>, void>;
  /** A statement as the CSV file that people keep. */
  readonly statementCsv: (
    id: string,
    span: { readonly from: string; readonly to: string; readonly member?: string },
    options?: CallOptions,
  ) => Promise<string>;
}

/** A client of the API. It holds no connection and nothing to close. */
export function createClient(settings: ClientSettings): Creditpool {
  if (settings.apiKey === '') throw new Error('createClient needs an apiKey: cp_test_… or cp_live_…');
  const call = async (id: OperationId, given: readonly unknown[]): Promise<unknown> => {
    const [endpoint, options] = aimed(id, given);
    return send(settings, endpoint, options);
  };
  const methods = Object.fromEntries(
    (Object.keys(ENDPOINTS) as OperationId[]).map((id) => [id, async (...given: unknown[]) => call(id, given)]),
  ) as unknown as Creditpool;
  return {
    ...methods,
    each: (id, ...given) => each(call, id, given) as AsyncGenerator<never, void>,
    statementCsv: async (id, span, options) =>
      String(await call('getStatement', [id, { ...span, format: 'csv' }, options])),
  };
}

/** Ids into the path, the rest into body or query. */
function aimed(id: OperationId, given: readonly unknown[]) {
  const [method = '', template = ''] = ENDPOINTS[id].split(' ');
  const rest = [...given];
  const path = template.replaceAll(/:\w+/g, (name) => {
    const value = rest.shift();
    if (typeof value !== 'string' || value === '') throw new TypeError(`${id} needs ${name.slice(1)}, a string`);
    return encodeURIComponent(value);
  });
  const [input = {}, options = {}] = rest as [object?, CallOptions?];
  const file = FILES.has(id) && 'content' in input ? (input as FileToSend) : undefined;
  const isQuery = method === 'GET' || file !== undefined;
  const query = file === undefined ? input : { name: file.name };
  const idempotencyKey = KEYED.has(id) ? (options.idempotencyKey ?? crypto.randomUUID()) : undefined;
  return [
    {
      method,
      path: isQuery ? path + queryOf(query) : path,
      ...(!isQuery && { body: input }),
      ...(file !== undefined && { file }),
      wantsFile: FILES.has(id) && file === undefined,
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      repeatable: method !== 'POST' || idempotencyKey !== undefined || REPEATABLE.has(id),
    },
    options,
  ] as const;
}

function queryOf(input: object): string {
  const fields = Object.entries(input).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return fields.length === 0 ? '' : `?${new URLSearchParams(fields).toString()}`;
}

interface Page {
  /** What names an item: its id, or the month or customer that a list has one item of. */
  readonly data: readonly { readonly id?: string; readonly month?: string; readonly customer?: string }[];
  readonly has_more: boolean;
  readonly next?: string | null;
}

async function* each(
  call: (id: OperationId, given: readonly unknown[]) => Promise<unknown>,
  id: OperationId,
  given: readonly unknown[],
): AsyncGenerator<unknown, void> {
  const at = ENDPOINTS[id].split(':').length - 1;
  let after = {};
  for (;;) {
    const input = { ...(!WHOLE_LISTS.has(id) && { limit: 100 }), ...(given[at] as object | undefined), ...after };
    const page = (await call(id, [...given.slice(0, at), input, given[at + 1]])) as Page;
    yield* page.data;
    const last = page.data.at(-1);
    const next = page.next ?? last?.id ?? last?.month ?? last?.customer;
    if (!page.has_more || next === undefined) return;
    after = { starting_after: next };
  }
}
