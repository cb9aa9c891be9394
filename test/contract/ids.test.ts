import { expect, test } from 'vitest';

import { customerName, fromWireId, toWireId, wireId } from '../../src/contract/ids.ts';

const uuid = '0193549c-1d3a-7c4e-9a51-6c1f0e2b7d88';

test('an id says what it is, and comes back as the UUID that it was', () => {
  const id = toWireId('hold', uuid);
  expect(id).toMatch(/^hold_[0-9a-z]{26}$/);
  expect(fromWireId('hold', id)).toBe(uuid);
});

test('an id of another kind is not an id', () => {
  expect(fromWireId('hold', toWireId('customer', uuid))).toBeNull();
  expect(wireId('hold').safeParse(toWireId('customer', uuid)).success).toBe(false);
});

test.for(['hold_', 'hold_0', 'hold_zzzzzzzzzzzzzzzzzzzzzzzzzz', `hold_${'0'.repeat(27)}`, 'hold', ''])(
  '%j is not a hold',
  (text) => {
    expect(fromWireId('hold', text)).toBeNull();
  },
);

test.for([
  ['a customer id, read as its UUID', toWireId('customer', uuid), uuid],
  ["Stripe's id as it is", 'cus_ABC123', 'cus_ABC123'],
  ["the host's own id as it is", 'ext:ORG-42/eu', 'ext:ORG-42/eu'],
] as const)('a customer may be named by %s', ([, name, expected]) => {
  expect(customerName.parse(name)).toBe(expected);
});

test.for(['ORG-42', 'ext:', 'ext:with space', 'cus_', 'cus_x;drop', toWireId('hold', uuid), uuid, 'ext:\u0000'])(
  '%j is no name of a customer',
  (name) => {
    expect(customerName.safeParse(name).success).toBe(false);
  },
);
