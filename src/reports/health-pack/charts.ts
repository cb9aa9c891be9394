// Charts of the pack, each drawn for light and for dark paper.
import { barsSvg, type Bars } from '../../charts/bars.ts';
import { sparkSvg } from '../../charts/spark.ts';
import type { Block, Cell } from '../document.ts';

const [WIDTH, HEIGHT] = [720, 260];

/** Bars under the sentence that says what they show; the table with the figures follows. */
export async function barChart(
  sentence: string,
  alt: string,
  bars: Bars,
  shown: (amount: number) => string,
): Promise<Block> {
  const drawn = async (scheme: 'light' | 'dark'): Promise<string> =>
    barsSvg(bars, { scheme, shown, width: WIDTH, height: HEIGHT });
  return {
    kind: 'chart',
    sentence,
    alt,
    svg: { light: await drawn('light'), dark: await drawn('dark') },
    width: WIDTH,
    height: HEIGHT,
  };
}

export function spark(values: readonly (number | null)[], text: string): Cell {
  return { text, picture: { light: sparkSvg(values, 'light'), dark: sparkSvg(values, 'dark') } };
}

/** For an axis, where room is short and nothing is decided. */
export function roughly(amount: number): string {
  return new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 }).format(amount);
}
