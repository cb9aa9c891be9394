// A customer's lane is a fixed hash of its id, computed and never looked up: it routes work and distributes tables.

export interface CustomerKey {
  readonly lane: number;
  readonly customerId: string;
}

/** How many lanes there are: 0…63. */
export const LANES = 64;

/** What a statement over everybody names, so that it still names its lanes. */
export const EVERY_LANE: readonly number[] = Array.from({ length: LANES }, (_, lane) => lane);

/** FNV-1a over the id's text, folded into 0…63. Changing it would move every customer: never do. */
export function laneOf(customerId: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < customerId.length; index += 1) {
    hash = Math.imul(hash ^ customerId.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % LANES;
}

export function customerKey(customerId: string): CustomerKey {
  return { lane: laneOf(customerId), customerId };
}
