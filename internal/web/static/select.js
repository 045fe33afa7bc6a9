// Choosing a row shows its warning beside the list, without leaving the page.
import { swap } from './swap.js';

export function select() {
  document.addEventListener('click', (e) => {
    const link = e.target.closest?.('.queue .col-warning a');
    if (!link || e.metaKey || e.ctrlKey || e.shiftKey || e.button) return;
    if (!beside()) {
      e.preventDefault();
      location.href = link.dataset.open;
      return;
    }
    e.preventDefault();
    choose(link);
  });
}

/** True when the screen has room for the warning beside the list. */
export function beside() {
  const detail = document.getElementById('detail');
  return Boolean(detail) && getComputedStyle(detail).display !== 'none';
}

let latest = 0;

/** Marks the row at once and then fetches its warning. */
export async function choose(link) {
  const mine = ++latest;
  for (const row of document.querySelectorAll('.queue tr.sel')) row.classList.remove('sel');
  for (const a of document.querySelectorAll('.queue a[aria-current]')) a.removeAttribute('aria-current');
  link.closest('tr').classList.add('sel');
  link.setAttribute('aria-current', 'true');
  link.focus();
  link.scrollIntoView({ block: 'nearest' });
  history.replaceState(null, '', link.href);
  await new Promise((done) => setTimeout(done, 60)); // a held key passes rows by
  if (mine === latest && beside()) await swap(link.href, { reset: ['detail'] });
}
