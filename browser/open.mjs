// What check.mjs and shots.mjs share: one browser, one session, the pages to open.
//
//   node check.mjs BASE_URL STATE [PAGE…]
//
// STATE is a JSON file: {"cookies": [{"name", "value"}], "pages": {"name": "/path"}}.
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** The looks that every page must have. */
export const LOOKS = [
  { name: 'light', colorScheme: 'light', width: 1440, height: 900 },
  { name: 'dark', colorScheme: 'dark', width: 1440, height: 900 },
  { name: '360', colorScheme: 'light', width: 360, height: 740 },
];

export function arguments_() {
  const [base, state, ...only] = process.argv.slice(2);
  if (!base || !state) {
    console.error('usage: node check.mjs|shots.mjs BASE_URL STATE [PAGE…]');
    process.exit(2);
  }
  const { cookies = [], pages = {} } = JSON.parse(readFileSync(state, 'utf8'));
  const chosen = Object.entries(pages).filter(([name]) => !only.length || only.includes(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  return { base: base.replace(/\/$/, ''), cookies, pages: chosen };
}

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ARGS });
}

/** A context with the session's cookies in one look. */
export async function context(browser, look, base, cookies) {
  const c = await browser.newContext({ viewport: { width: look.width, height: look.height }, colorScheme: look.colorScheme, locale: 'en-GB', timezoneId: 'Africa/Nairobi', reducedMotion: 'reduce' });
  await c.addCookies(cookies.map(({ name, value }) => ({ name, value, url: base })));
  return c;
}

/** Opens a page and waits until nothing more is on its way; the live stream never ends. */
export async function open(page, address) {
  const answer = await page.goto(address, { waitUntil: 'load' });
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(address.endsWith('/map') ? 1500 : 150);
  return answer;
}
