// What a lease's journal says: which blocks were held, what of each was spent, and what was being captured.

export interface Block {
  readonly id: string;
  readonly size: bigint;
  spent: bigint;
  captured: bigint;
  captures: number;
  /** Sent, and no answer known. */
  pending: { readonly number: number; readonly micro: bigint; readonly final: boolean } | null;
  /** When it ends, by our clock. */
  readonly until: number;
  isEnded?: boolean;
}

export type LeaseRow =
  | { readonly hold: string; readonly size: string; readonly expires_at: string }
  | { readonly spent: string; readonly micro: string }
  | { readonly capturing: string; readonly number: number; readonly micro: string; readonly final: boolean }
  | { readonly captured: string; readonly number: number }
  | { readonly ended: string };

/** The blocks that were not ended. */
export function blocksIn(rows: readonly LeaseRow[]): Block[] {
  const blocks = new Map<string, Block>();
  for (const row of rows) {
    if ('hold' in row) {
      const until = Date.parse(row.expires_at);
      blocks.set(row.hold, {
        id: row.hold,
        size: BigInt(row.size),
        spent: 0n,
        captured: 0n,
        captures: 0,
        pending: null,
        until,
      });
    } else if ('ended' in row) blocks.delete(row.ended);
    else note(blocks, row);
  }
  return [...blocks.values()];
}

function note(blocks: ReadonlyMap<string, Block>, row: Exclude<LeaseRow, { hold: string } | { ended: string }>): void {
  const block = blocks.get('spent' in row ? row.spent : 'capturing' in row ? row.capturing : row.captured);
  if (block === undefined) return;
  if ('spent' in row) block.spent += BigInt(row.micro);
  else if ('capturing' in row) block.pending = { number: row.number, micro: BigInt(row.micro), final: row.final };
  else if (block.pending !== null) {
    block.captured += block.pending.micro;
    block.captures = row.number;
    block.isEnded = block.pending.final;
    block.pending = null;
  }
}
