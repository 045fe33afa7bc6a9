// A page that loses its server, for the fault laboratory: says "live", then "lost" with the
// words on the page, then "live" again. Cookies come as name=value lines on standard input.
//
//   node cutoff.mjs BASE_URL
import { readFileSync } from 'node:fs';
import { launch } from './open.mjs';

const base = process.argv[2];
const cookies = readFileSync(0, 'utf8').split('\n').filter(Boolean).map((line) => {
  const at = line.indexOf('=');
  return { name: line.slice(0, at), value: line.slice(at + 1), url: base };
});

let browser;
try {
  browser = await launch();
} catch {
  console.log('no browser');
  process.exit(0);
}
const context = await browser.newContext();
await context.addCookies(cookies);
const page = await context.newPage();
await page.goto(base + '/', { waitUntil: 'domcontentloaded' });
await page.waitForSelector('#live.on', { timeout: 30000 });
console.log('live');
await page.waitForSelector('#live.lost', { timeout: 60000 });
console.log('lost: ' + (await page.textContent('#live .say')));
await page.waitForSelector('#live.on', { timeout: 60000 });
console.log('live');
await browser.close();
