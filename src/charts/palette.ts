// Colours of charts, for light and dark paper. Neighbouring series differ in lightness too, so that a grey print still
// tells them apart; text and axes keep a contrast of 4.5 with the paper.

export const SCHEMES = ['light', 'dark'] as const;
export type Scheme = (typeof SCHEMES)[number];

export interface Palette {
  readonly paper: string;
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  /** Sums: what something opens and closes at. */
  readonly total: string;
  readonly up: string;
  readonly down: string;
  readonly series: readonly string[];
}

export const PALETTES: Readonly<Record<Scheme, Palette>> = {
  light: {
    paper: '#ffffff',
    ink: '#16202a',
    soft: '#4c5a67',
    line: '#d5dde4',
    total: '#4c5a67',
    up: '#0b6466',
    down: '#cf6a63',
    series: ['#0b6466', '#d9a63a', '#6f9bd1', '#a1201c', '#5fc9c5', '#7a4a00', '#9aa7b3', '#4c79b0'],
  },
  dark: {
    paper: '#18212a',
    ink: '#e7edf3',
    soft: '#a9b6c3',
    line: '#2d3945',
    total: '#a9b6c3',
    up: '#5fc9c5',
    down: '#ff9d95',
    series: ['#5fc9c5', '#d9a63a', '#4c79b0', '#ff9d95', '#1d7f7b', '#f0c063', '#5b6976', '#9cc0ee'],
  },
};
