// Opens every page in a real browser, light, dark and 360 px wide, and looks for what tests
// of HTML cannot see: accessibility violations (axe), errors and policy violations in the
// console, pages that scroll sideways on a phone. Exit 1 when anything is found.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { LOOKS, arguments_, context, launch, open } from './open.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const { base, cookies, pages } = arguments_();
const browser = await launch();
const found = [];
let opened = 0;

for (const look of LOOKS) {
  const c = await context(browser, look, base, cookies);
  for (const [name, path] of pages) {
    const page = await c.newPage();
    const wrong = (text) => found.push(`${name} (${look.name}): ${text}`);
    const answers = [];
    page.on('console', (m) => {
      if (m.type() === 'error' && !expected(m, answers)) wrong(`console: ${m.text()}`);
    });
    page.on('pageerror', (e) => wrong(`script: ${e.message}`));
    page.on('response', (r) => answers.push([r.url(), r.status()]));
    page.on('request', (r) => {
      if (!r.url().startsWith(base) && !/^(data|blob):/.test(r.url())) wrong(`asks elsewhere: ${r.url()}`);
    });
    const answer = await open(page, base + path);
    if (!answer || answer.status() >= 500) wrong(`status ${answer?.status()}`);
    if (!(await page.title()).includes('Watchfire')) wrong('no title');
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) wrong(`scrolls ${wide} px sideways`);
    for (const v of await violations(page)) wrong(v);
    opened++;
    await page.close();
  }
  await c.close();
}
await browser.close();
for (const f of found) console.log(f);
console.log(`opened ${opened} views of ${pages.length} pages, found ${found.length}`);
process.exit(found.length || !opened ? 1 : 0);

/** An error page is served with its status, which Chromium also writes to the console. */
function expected(message, answers) {
  const at = message.location().url;
  return /Failed to load resource/.test(message.text()) && answers.some(([url, status]) => url === at && status >= 400 && status < 500 && message.text().includes(String(status)) && !/\/static\//.test(url));
}

/** Runs axe through the debugger: the page's policy allows no foreign script. */
async function violations(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: axe });
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
    expression: `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
      .then((r) => JSON.stringify(r.violations.map((v) => v.id + ': ' + v.help + ' — ' + v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(', '))))`,
    awaitPromise: true,
    returnByValue: true,
  });
  await session.detach();
  return exceptionDetails ? [`axe: ${exceptionDetails.text}`] : JSON.parse(result.value);
}
