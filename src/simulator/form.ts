/** A decoded form: text, or a map by key; arrays are maps by index until a parameter says what it wants. */
export type FormValue = string | FormMap;
export type FormMap = Map<string, FormValue>;

function segments(key: string): string[] {
  const bracket = key.indexOf('[');
  if (bracket === -1) return [key];
  const inner = key.slice(bracket).matchAll(/\[([^\]]*)\]/g);
  return [key.slice(0, bracket), ...Array.from(inner, (match) => match[1] ?? '')];
}

function assign(root: FormMap, path: readonly string[], text: string): void {
  let map = root;
  for (const [depth, segment] of path.entries()) {
    const name = segment === '' ? String(map.size) : segment;
    if (depth === path.length - 1) {
      map.set(name, text);
      return;
    }
    const below = map.get(name);
    const next: FormMap = below instanceof Map ? below : new Map<string, FormValue>();
    if (below !== next) map.set(name, next);
    map = next;
  }
}

/** Decodes `a[b][0]=c`; an empty index appends. */
export function decodeForm(encoded: string): FormMap {
  const root: FormMap = new Map();
  for (const [key, text] of new URLSearchParams(encoded)) assign(root, segments(key), text);
  return root;
}

/** Reads a JSON body of the v2 API into the same shape, so that one declaration of parameters serves both. */
export function fromJson(value: unknown): FormValue {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'object') {
    const entries = Object.entries(value).map(([key, below]): [string, FormValue] => [key, fromJson(below)]);
    return new Map(entries);
  }
  return JSON.stringify(value);
}
