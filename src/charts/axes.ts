// What every chart with two axes has in common.
import type { Palette } from './palette.ts';

const FONT = "system-ui, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif";

/** Paper, letters and room around the drawing. */
export function sheet({ paper, ink }: Palette, { hasLegend }: { readonly hasLegend: boolean }) {
  return {
    backgroundColor: paper,
    textStyle: { fontFamily: FONT, color: ink, fontSize: 12 },
    grid: {
      left: 12,
      right: 16,
      top: hasLegend ? 44 : 24,
      bottom: 8,
      outerBoundsMode: 'same',
      outerBoundsContain: 'axisLabel',
    },
  };
}

export function categories(names: readonly string[], { soft, line }: Palette) {
  return {
    type: 'category' as const,
    data: [...names],
    axisLabel: { color: soft, interval: 0, hideOverlap: true },
    axisLine: { lineStyle: { color: line } },
    axisTick: { show: false },
  };
}

export function amounts({ soft, line }: Palette, shown: (amount: number) => string) {
  return {
    type: 'value' as const,
    axisLabel: { color: soft, formatter: shown },
    splitLine: { lineStyle: { color: line } },
  };
}

export function legend({ soft }: Palette) {
  return { top: 8, left: 8, icon: 'rect', itemGap: 28, itemWidth: 12, itemHeight: 12, textStyle: { color: soft } };
}
