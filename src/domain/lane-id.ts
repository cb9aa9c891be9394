// Ids that arrive without their customer (holds, usage events) carry the customer's lane in their last byte, so that
// every query on them can name the lane.

/** The same time-ordered UUID with its last byte replaced by the lane. */
export function withLane(uuid: string, lane: number): string {
  return uuid.slice(0, -2) + lane.toString(16).padStart(2, '0');
}

/** The lane in an id's last byte; null when the id was not made by `withLane`. */
export function laneOfId(uuid: string): number | null {
  const lane = Number.parseInt(uuid.slice(-2), 16);
  return lane < 64 ? lane : null;
}
