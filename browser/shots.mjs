// Writes a picture of every page, light, dark and 360 px wide, into the folder named by
// SHOTS (default: shots/ beside this file).
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LOOKS, arguments_, context, launch, open } from './open.mjs';

const { base, cookies, pages } = arguments_();
const folder = process.env.SHOTS || join(dirname(fileURLToPath(import.meta.url)), 'shots');
mkdirSync(folder, { recursive: true });
const browser = await launch();
for (const look of LOOKS) {
  const c = await context(browser, look, base, cookies);
  for (const [name, path] of pages) {
    const page = await c.newPage();
    await open(page, base + path);
    await page.screenshot({ path: join(folder, `${name}-${look.name}.png`), fullPage: look.name === '360' });
    await page.close();
  }
  await c.close();
}
await browser.close();
console.log(`${pages.length * LOOKS.length} pictures in ${folder}`);
