// What people type into free fields is kept for ever and shown to others: no card numbers, nothing that makes a line read
// otherwise than it is. Markup is text like any other; whoever shows it escapes it.
import { refuse, type Refused } from './rejection.ts';

/** Marks that turn the direction of text around, and invisible ones that hide text in text. */
const DECEPTIVE = /[\u061C\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF\u{E0000}-\u{E007F}]/u;
/** Control characters, and halves of characters that PostgreSQL refuses. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;
const CARD_DIGITS = /(?<!\d)[2-6](?:[ -]?\d){12,18}(?!\d)/g;

/** Why this text may not be kept; null when it may. */
export function refusedText(text: string, param: string, lengthMax: number): Refused | null {
  if (text.length > lengthMax) {
    return refuse('invalid_request', `${param} has ${text.length} characters; at most ${lengthMax} are kept`, {
      param,
    });
  }
  if (UNPRINTABLE.test(text)) {
    return refuse('invalid_request', `${param} must be plain text: no control characters, valid Unicode`, { param });
  }
  if (DECEPTIVE.test(text)) {
    return refuse(
      'invalid_request',
      `${param} holds invisible marks or marks that turn the direction of text around; type it without them`,
      { param },
    );
  }
  if (holdsCardNumber(text)) {
    return refuse(
      'card_number',
      `${param} holds what looks like a card number; leave it out, the last four digits are enough`,
      { param },
    );
  }
  return null;
}

/** Whether 13 to 19 digits in a row (spaces and hyphens between them) begin like a card number and pass its check. */
function holdsCardNumber(text: string): boolean {
  return (text.match(CARD_DIGITS) ?? []).some((found) => passesLuhn(found.replaceAll(/\D/g, '')));
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits.at(-1 - index));
    const doubled = index % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
