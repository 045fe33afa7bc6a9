// Fetches a page of ours again and swaps the parts that are marked with data-part. Focus,
// open details, scroll places and what is being typed survive.

/** A short name for the focused element that still fits after the swap. */
function nameOf(el) {
  if (!el || el === document.body) return null;
  if (el.id) return `#${CSS.escape(el.id)}`;
  const row = el.closest('[data-id]');
  if (row && el.matches('a')) return `[data-id="${CSS.escape(row.dataset.id)}"] a`;
  const key = el.dataset.key;
  return key ? `[data-key="${CSS.escape(key)}"]` : null;
}

/** A part in which somebody is typing is left alone. */
function busy(part) {
  const el = document.activeElement;
  return el && part.contains(el) && el.matches('input, textarea, select');
}

function openDetails(part) {
  return [...part.querySelectorAll('details')].map((d, i) => [d.id || i, d.open]);
}

function reopen(part, states) {
  const all = [...part.querySelectorAll('details')];
  for (const [name, open] of states) {
    const d = typeof name === 'string' ? all.find((x) => x.id === name) : all[name];
    if (d) d.open = open;
  }
}

/** Swaps the parts of this page with those of the page at url; true when it worked. */
export async function swap(url, { reset = [] } = {}) {
  const answer = await fetch(url, { credentials: 'same-origin', headers: { Accept: 'text/html' } });
  if (!answer.ok || answer.redirected) return false;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const focus = nameOf(document.activeElement);
  for (const part of document.querySelectorAll('[data-part]')) {
    const next = fresh.getElementById(part.id);
    if (!next || busy(part)) continue;
    const states = reset.includes(part.id) ? [] : openDetails(part);
    const live = part.querySelector('#live');
    const top = part.scrollTop;
    part.replaceChildren(...next.childNodes);
    part.className = next.className;
    reopen(part, states);
    part.scrollTop = reset.includes(part.id) ? 0 : top;
    if (live) keepLive(part, live);
  }
  if (focus && document.activeElement === document.body) document.querySelector(focus)?.focus({ preventScroll: true });
  return true;
}

/** The state of the connection is known here, not on the server. */
function keepLive(part, old) {
  const fresh = part.querySelector('#live');
  if (!fresh) return;
  fresh.className = old.className;
  fresh.querySelector('.say').textContent = old.querySelector('.say').textContent;
}
