// Server-sent events: something has changed, fetch the page again. When the server is
// silent for longer than two of its beats, the page says since when it is not live.
import { swap } from './swap.js';

const SILENCE = 8500; // two beats of 4 s and a little
const LOOK = 500; // how often it is looked at: people see it within 10 s, also on a slow machine
const REST = 400; // changes that come together are one fetch
const REFRESH = 30000; // ages and clocks grow also when nothing changes

export function watch() {
  const address = document.body.dataset.live;
  if (!address || !window.EventSource) return;
  let heard = Date.now();
  let lost = null;
  let timer = 0;
  let source = null;

  const say = () => {
    const el = document.getElementById('live');
    if (!el) return;
    const words = el.querySelector('.say');
    el.classList.toggle('on', !lost);
    el.classList.toggle('lost', Boolean(lost));
    const text = lost ? `${el.dataset.lost} ${clock(lost)} UTC` : el.dataset.good;
    if (words.textContent !== text) words.textContent = text;
  };
  const alive = () => {
    heard = Date.now();
    if (lost) {
      lost = null;
      refresh();
    }
    say();
  };
  const refresh = () => {
    clearTimeout(timer);
    timer = setTimeout(() => swap(location.href).catch(() => {}), REST);
  };
  const connect = () => {
    source?.close();
    source = new EventSource(address);
    source.addEventListener('hello', alive);
    source.addEventListener('beat', alive);
    source.addEventListener('over', () => location.reload());
    for (const name of ['queue', 'warning', 'event', 'portfolio', 'source', 'sources', 'journal', 'rules']) {
      source.addEventListener(name, () => {
        alive();
        refresh();
      });
    }
    // How far an assessment is concerns its own page alone.
    source.addEventListener('assessments', () => {
      alive();
      if (location.pathname === '/assessments') refresh();
    });
  };

  connect();
  setInterval(() => {
    if (Date.now() - heard < SILENCE) return;
    lost ??= new Date(heard);
    say();
    if (source.readyState === EventSource.CLOSED) connect();
  }, LOOK);
  setInterval(() => {
    if (!lost && !document.hidden) refresh();
  }, REFRESH);
}

function clock(t) {
  return t.toISOString().slice(11, 16);
}
