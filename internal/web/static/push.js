// Lets this device stand behind one of a contact's names for web push. Without this file, or
// where the browser cannot, the buttons stay hidden and the page says so.
const box = document.getElementById('devices');

if (box && 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window) {
  box.classList.add('able');
  for (const form of box.querySelectorAll('form[data-subscribe]')) {
    form.addEventListener('submit', (e) => {
      e.preventDefault();
      subscribe(form).catch((why) => say(form, why));
    });
  }
}

async function subscribe(form) {
  if (await Notification.requestPermission() !== 'granted') throw new Error(box.dataset.denied);
  await navigator.serviceWorker.register('/worker.js', { scope: '/' });
  const { pushManager } = await navigator.serviceWorker.ready;
  const old = await pushManager.getSubscription();
  const subscription = old ?? await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(box.dataset.key) });
  form.elements.subscription.value = JSON.stringify(subscription);
  form.submit();
}

function bytes(text) {
  const raw = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(raw, (c) => c.charCodeAt(0));
}

function say(form, why) {
  form.querySelector('output').textContent = why.message || box.dataset.failed;
}
