import { existsSync } from 'node:fs';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** The machine's Chromium; null when there is none. */
export function findChromium(): string | null {
  return [process.env['CHROMIUM_PATH'] ?? '', ...PLACES].find((path) => path !== '' && existsSync(path)) ?? null;
}

/** What to do where there is none. */
export const CHROMIUM_MISSING =
  'The console is tested in a real browser and there is none here. Install Chromium (Debian: apt-get install chromium), or set CHROMIUM_PATH to a Chrome or Chromium.';
