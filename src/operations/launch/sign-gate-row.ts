import { GATE_ROWS, type GateRowName, type SignOff } from '../../domain/launch-gate.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { insertSignOff } from '../../storage/action-modes.ts';
import { now } from '../../storage/clock.ts';
import { transaction } from '../../storage/database.ts';
import type { Deps } from '../deps.ts';
import { type Acting, audit, permitted } from '../operators/acting.ts';

/** A named person answers for a row that no figure decides. A row that fails by its figures is not helped by it. */
export async function signGateRow(
  deps: Deps,
  acting: Acting,
  { row, reason }: { readonly row: string; readonly reason: string },
): Promise<SignOff | Refused> {
  const known = GATE_ROWS.find((each): each is GateRowName => each === row);
  if (known === undefined) {
    return refuse('invalid_request', `The gate has no row ${row}; it has ${GATE_ROWS.join(', ')}.`, { param: 'row' });
  }
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'launch.sign');
    if ('rejected' in actor) return actor;
    if (acting.roles !== null)
      return refuse('not_permitted', 'a key signs nothing: use one that was made for a person');
    const signOff = { row: known, by: actor.name, at: await now(trx), reason };
    await insertSignOff(trx, { ...signOff, signOffId: deps.newId() });
    await audit(deps, trx, actor, {
      action: 'launch.signed',
      objectType: 'gate_row',
      objectId: known,
      reason,
    });
    return signOff;
  });
}
