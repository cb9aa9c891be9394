// A report as data: written once, rendered as a page that prints well and as Markdown. A chart never stands alone: its
// sentence says what it shows, and a table has its figures.

export type Mark = 'bad' | 'warn' | 'good';

export type Cell =
  | string
  | { readonly text: string; readonly mark: Mark }
  /** A thumbnail beside the figures of its row; the text is for those who do not see it. */
  | { readonly text: string; readonly picture: { readonly light: string; readonly dark: string } };

export interface Column {
  readonly name: string;
  readonly numeric?: boolean;
}

export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | {
      readonly kind: 'table';
      /** What the table is of, for those who hear it. */
      readonly caption: string;
      readonly columns: readonly Column[];
      readonly rows: readonly (readonly Cell[])[];
    }
  | {
      readonly kind: 'chart';
      /** What it shows, in one sentence. */
      readonly sentence: string;
      readonly alt: string;
      readonly svg: { readonly light: string; readonly dark: string };
      readonly width: number;
      readonly height: number;
    }
  /** Too little to say anything: what is missing. */
  | { readonly kind: 'not enough data'; readonly because: string };

export interface ReportSection {
  /** Of the page's fragment: "margin". */
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

export interface Report {
  readonly title: string;
  /** SANDBOX, STRIPE TEST MODE or nothing. */
  readonly mode: string;
  readonly subtitle: string;
  /** The line that a hurried reader reads; null: none. */
  readonly verdict: { readonly word: string; readonly sentence: string; readonly mark: Mark } | null;
  readonly sections: readonly ReportSection[];
  readonly foot: string;
}

export function text(words: string): Block {
  return { kind: 'text', text: words };
}

export function table(
  caption: string,
  columns: readonly (string | Column)[],
  rows: readonly (readonly Cell[])[],
): Block {
  return {
    kind: 'table',
    caption,
    columns: columns.map((column) => (typeof column === 'string' ? { name: column } : column)),
    rows,
  };
}

/** A column of figures. */
export function figures(name: string): Column {
  return { name, numeric: true };
}
