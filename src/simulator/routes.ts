import type { FormMap } from './form.ts';
import { notSimulated, plainly } from './not-simulated.ts';
import { readParameters, type Shape, type Values } from './parameters.ts';
import type { World } from './world.ts';

/** One request as its handler sees it. */
export interface Call<V> {
  readonly world: World;
  /** The `{id}` of the path, and the second one when there is one. */
  readonly id: string;
  readonly child: string;
  readonly path: string;
  readonly values: V;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly segments: readonly string[];
  readonly shape: Shape;
  readonly answer: (request: Omit<Call<FormMap>, 'values'>, given: FormMap) => object;
}

/** `POST /v1/prices/{}`: a call whatever object it names. */
export function callName(method: string, segments: readonly string[]): string {
  return `${method} /${segments.map((segment) => (segment.startsWith('{') ? '{}' : segment)).join('/')}`;
}

/** Declares a route with its parameters; the handler is synchronous and runs inside a transaction. */
export function route<S extends Shape>(
  method: Route['method'],
  path: string,
  shape: S,
  run: (call: Call<Values<S>>) => object,
): Route {
  const segments = path.split('/').slice(1);
  const absent = notSimulated(callName(method, segments));
  const read = (given: FormMap): Values<S> => {
    try {
      return readParameters(shape, given);
    } catch (error) {
      throw plainly(error, absent);
    }
  };
  return {
    method,
    segments,
    shape,
    answer: (request, given) => run({ ...request, values: read(given) }),
  };
}

export interface Match {
  readonly route: Route;
  readonly id: string;
  readonly child: string;
}

/** Finds routes by method and path; literal segments win over `{…}`. */
export function createRouter(routes: readonly Route[]): (method: string, path: string) => Match | undefined {
  const byShape = new Map<string, Route[]>();
  const literalsFirst = routes.toSorted((a, b) => variables(a) - variables(b));
  for (const candidate of literalsFirst) {
    const key = `${candidate.method} ${candidate.segments.length}`;
    byShape.set(key, [...(byShape.get(key) ?? []), candidate]);
  }
  return (method, path) => {
    const segments = path.split('/').slice(1).map(decodeURIComponent);
    for (const candidate of byShape.get(`${method} ${segments.length}`) ?? []) {
      const ids = bind(candidate.segments, segments);
      if (ids !== undefined) return { route: candidate, id: ids[0] ?? '', child: ids[1] ?? '' };
    }
    return undefined;
  };
}

function variables({ segments }: Route): number {
  return segments.filter((segment) => segment.startsWith('{')).length;
}

function bind(pattern: readonly string[], segments: readonly string[]): string[] | undefined {
  const ids: string[] = [];
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith('{')) ids.push(segment);
    else if (part !== segment) return undefined;
  }
  return ids;
}
