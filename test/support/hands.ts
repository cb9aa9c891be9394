// The same steps by a pointer and by the keyboard alone: a journey is told once and walked both ways.
import type { Locator, Page } from 'playwright-core';

export interface Hand {
  /** Follows a link or presses a button by the name that people read. */
  readonly press: (name: string | RegExp) => Promise<void>;
  readonly write: (label: string | RegExp, text: string) => Promise<void>;
  /** Ticks a box or picks one of several. */
  readonly choose: (label: string | RegExp) => Promise<void>;
}

const STOPS_MAX = 150;
const CHOICES_MAX = 10;

export function pointer(page: Page): Hand {
  return {
    press: async (name) => control(page, name).click(),
    write: async (label, text) => {
      await page.getByLabel(label, { exact: true }).click({ clickCount: 3 });
      await page.keyboard.type(text);
    },
    choose: async (label) => page.getByLabel(label).check(),
  };
}

/** Only Tab, arrows, Enter, Space and what one types: the focus must be able to get everywhere. */
export function keyboard(page: Page): Hand {
  const tabTo = async (wanted: Locator): Promise<void> => {
    await wanted.waitFor();
    for (let stop = 0; stop < STOPS_MAX; stop += 1) {
      if (await wanted.evaluate((element) => element === document.activeElement)) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`the keyboard does not reach ${String(wanted)}`);
  };
  return {
    press: async (name) => {
      await tabTo(control(page, name));
      await enter(page);
    },
    write: async (label, text) => {
      await tabTo(page.getByLabel(label, { exact: true }));
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.type(text);
    },
    choose: async (label) => {
      const wanted = page.getByLabel(label);
      if ((await wanted.getAttribute('type')) !== 'radio') {
        await tabTo(wanted);
        if (!(await wanted.isChecked())) await page.keyboard.press('Space');
        return;
      }
      // One stop for all of a kind; arrows go on from the one that is chosen.
      await tabTo(page.locator(`input[name="${await wanted.getAttribute('name')}"]:checked`));
      for (let step = 0; step < CHOICES_MAX && !(await wanted.isChecked()); step += 1) {
        await page.keyboard.press('ArrowDown');
      }
      if (!(await wanted.isChecked())) throw new Error(`the keyboard does not choose ${String(label)}`);
    },
  };
}

/** Enter leads to another page: it is there when this returns. */
export async function enter(page: Page): Promise<void> {
  const gone = page.waitForEvent('framenavigated');
  await page.keyboard.press('Enter');
  await gone;
  await page.waitForLoadState();
}

function control(page: Page, name: string | RegExp): Locator {
  const exact = { name, exact: true };
  const summaries = page.locator('summary').filter({ hasText: name });
  return page.getByRole('link', exact).or(page.getByRole('button', exact)).or(summaries).first();
}
