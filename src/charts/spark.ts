// Six months in a thumbnail: a line without axes, for a cell of a table that has the figures.
import { PALETTES, type Scheme } from './palette.ts';

const [WIDTH, HEIGHT, EDGE] = [96, 24, 3];

/** The months from left to right; a month without a value leaves a gap. */
export function sparkSvg(values: readonly (number | null)[], scheme: Scheme): string {
  const known = values.filter((value) => value !== null);
  const [least, most] = [Math.min(...known, 0), Math.max(...known, 0)];
  const { series } = PALETTES[scheme];
  const x = (at: number): number => EDGE + (at * (WIDTH - 2 * EDGE)) / Math.max(1, values.length - 1);
  const y = (value: number): number => HEIGHT - EDGE - ((value - least) * (HEIGHT - 2 * EDGE)) / (most - least || 1);
  const points = values.flatMap((value, at) => (value === null ? [] : [`${x(at).toFixed(1)},${y(value).toFixed(1)}`]));
  const last = points.at(-1)?.split(',') ?? ['0', '0'];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}"><polyline fill="none" stroke="${series[0]}" stroke-width="1.5" points="${points.join(' ')}"/><circle cx="${last[0]}" cy="${last[1]}" r="2.2" fill="${series[0]}"/></svg>`;
}
