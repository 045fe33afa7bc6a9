// Keys for the watch: j k move, a acknowledge, e escalate, Enter open, / find, ? help,
// g and a letter for the pages. None acts while somebody types.
import { choose } from './select.js';

const PAGES = { q: '/', m: '/map', v: '/events', p: '/portfolio', s: '/sources', r: '/rules', j: '/journal', f: '/report', a: '/account' };

export function keys() {
  let go = 0;
  document.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest('input, textarea, select')) return;
    if (Date.now() - go < 1200 && PAGES[e.key]) {
      go = 0;
      e.preventDefault();
      location.href = PAGES[e.key];
      return;
    }
    if (e.key === 'g') go = Date.now();
    else if (e.key === 'j') move(e, 1);
    else if (e.key === 'k') move(e, -1);
    else if (e.key === 'a' || e.key === 'e') press(e, e.key);
    else if (e.key === 'Enter') open(e);
    else if (e.key === '/') find(e);
    else if (e.key === '?') location.href = '/help';
  });
}

function rows() {
  return [...document.querySelectorAll('.queue .col-warning a')];
}

function move(e, step) {
  const all = rows();
  if (!all.length) return;
  e.preventDefault();
  const at = all.findIndex((a) => a.hasAttribute('aria-current'));
  choose(all[Math.min(all.length - 1, Math.max(0, at + step))]);
}

/** Puts the focus on the button: what tells people something is pressed with Enter. */
function press(e, key) {
  const button = document.querySelector(`[data-key="${key}"]`);
  if (!button) return;
  e.preventDefault();
  button.focus();
}

function open(e) {
  const link = document.querySelector('.queue .col-warning a[aria-current]');
  if (!link || (e.target !== link && e.target !== document.body)) return;
  e.preventDefault();
  location.href = link.dataset.open;
}

function find(e) {
  const box = document.getElementById('q');
  if (!box) return;
  e.preventDefault();
  box.focus();
}
