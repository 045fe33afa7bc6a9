// Shows notifications while no page is open. The message is encrypted for this browser; it
// names no person, because it stands on a locked screen. A newer one of the same warning
// takes the place of the older and sounds again.
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (e) => e.waitUntil(self.clients.claim()));

self.addEventListener('push', (e) => {
  const note = read(e.data);
  e.waitUntil(self.registration.showNotification(note.title, {
    body: note.body ?? '',
    tag: note.tag ?? '',
    renotify: Boolean(note.tag),
    requireInteraction: note.level >= 2, // orange and red stay until somebody looks
    lang: note.lang ?? '',
    dir: note.dir ?? 'auto',
    data: { url: note.url, answers: note.answers ?? [] },
    actions: (note.answers ?? []).slice(0, 2).map((a) => ({ action: a.id, title: a.label })),
  }));
});

self.addEventListener('notificationclick', (e) => {
  e.notification.close();
  const { url, answers } = e.notification.data ?? {};
  const target = ours(answers?.find((a) => a.id === e.action)?.url ?? url);
  e.waitUntil(open(target));
});

/** What came; a browser that must show something gets the program's name at least. */
function read(data) {
  try {
    const note = data.json();
    if (note?.title) return note;
  } catch { /* not ours */ }
  return { title: 'Watchfire' };
}

/** Only pages of this desk are opened. */
function ours(text) {
  try {
    const url = new URL(text, self.location.origin);
    if (url.origin === self.location.origin) return url.href;
  } catch { /* no address */ }
  return self.location.origin + '/';
}

async function open(target) {
  for (const c of await self.clients.matchAll({ type: 'window' })) {
    if (c.url === target) return c.focus();
  }
  return self.clients.openWindow(target);
}
