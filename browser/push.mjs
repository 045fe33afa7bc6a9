// Registers the service worker of web push as the contact's page does, hands it a message
// through the debugger in place of a push service, and looks at what it shows. Headless
// Chromium has no push service of its own, so subscribing ends before it: the page must say so.
//
//   node push.mjs BASE_URL STATE NOTE
//
// NOTE is the decrypted message as the server writes it. Exit 1 when anything is wrong.
import { arguments_, context, launch, LOOKS } from './open.mjs';

const note = process.argv[4];
const { base, cookies } = arguments_();
const browser = await launch();
const c = await context(browser, LOOKS[0], base, cookies);
await c.grantPermissions(['notifications'], { origin: base });
const page = await c.newPage();
const found = [];
page.on('pageerror', (e) => found.push(`script: ${e.message}`));
// A context of its own is what Chromium calls incognito, where it subscribes to nothing.
page.on('console', (m) => m.type() === 'error' && !m.text().includes('incognito') && found.push(`console: ${m.text()}`));

await page.goto(`${base}/contacts/con_0_1`, { waitUntil: 'load' });
const button = page.locator('form[data-subscribe] button').first();
if (!await button.isVisible()) found.push('the button is hidden in a browser that can');
await button.click();
const said = page.locator('form[data-subscribe] output').first();
await page.waitForFunction(() => document.querySelector('form[data-subscribe] output').textContent || location.search.includes('done=subscribed'), null, { timeout: 20_000 })
  .catch(() => found.push('neither subscribed nor said why not'));
console.log(`subscribing: ${await said.textContent().catch(() => 'done')}`);

const session = await c.newCDPSession(page);
const registration = new Promise((resolve) => {
  session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => registrations[0] && resolve(registrations[0]));
});
await session.send('ServiceWorker.enable');
const { registrationId, scopeURL } = await registration;
if (scopeURL !== `${base}/`) found.push(`scope ${scopeURL}`);
await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));

for (const data of [note, 'no JSON', note]) {
  await session.send('ServiceWorker.deliverPushMessage', { origin: base, registrationId, data });
}
const shown = await page.evaluate(async (want) => {
  const r = await navigator.serviceWorker.ready;
  for (;;) { // the worker shows them in its own time; the caller's deadline ends this
    const list = await r.getNotifications();
    if (list.length >= want) return list.map(({ title, body, tag, data, actions, requireInteraction }) => ({ title, body, tag, data, actions, requireInteraction }));
    await new Promise(requestAnimationFrame);
  }
}, 2);
await browser.close();

const want = JSON.parse(note);
const ours = shown.filter((n) => n.tag === want.tag);
if (ours.length !== 1) found.push(`${ours.length} notifications of one warning`);
const [n] = ours;
if (n?.title !== want.title || n?.body !== want.body || n?.data.url !== want.url || !n?.requireInteraction) found.push(`shown: ${JSON.stringify(n)}`);
if (n?.actions.map((a) => a.title).join() !== want.answers.map((a) => a.label).join()) found.push(`actions: ${JSON.stringify(n?.actions)}`);
if (!shown.some((x) => x.title === 'Watchfire')) found.push('what cannot be read is not shown at all');
for (const f of found) console.log(f);
console.log(`shown ${shown.length}, found ${found.length}`);
process.exit(found.length ? 1 : 0);
