// Pages work without this. It opens a line of the timeline beside the list, keeps a form from being sent twice, and
// lets the search field be reached by "/".
'use strict';

/** A dialog for what a link with data-drawer leads to; closing it gives the focus back. */
function drawer() {
  const known = document.querySelector('dialog.drawer');
  if (known !== null) return known;
  const dialog = document.createElement('dialog');
  dialog.className = 'drawer';
  dialog.setAttribute('aria-label', 'Details');
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  return dialog;
}

async function openDrawer(link) {
  const response = await fetch(link.href, { headers: { accept: 'text/html' } });
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const content = page.querySelector('#drawer-content');
  if (!response.ok || content === null) {
    location.assign(link.href);
    return;
  }
  const dialog = drawer();
  dialog.classList.toggle('wide', link.dataset.drawer === 'wide');
  const close = document.createElement('button');
  close.type = 'button';
  close.className = 'quiet close';
  close.textContent = 'Close';
  close.addEventListener('click', () => dialog.close());
  dialog.replaceChildren(close, content);
  dialog.showModal();
}

document.addEventListener('click', (event) => {
  const link = event.target instanceof Element ? event.target.closest('a[data-drawer]') : null;
  if (link === null || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  link.setAttribute('aria-busy', 'true');
  openDrawer(link)
    .catch(() => location.assign(link.href))
    .finally(() => link.removeAttribute('aria-busy'));
});

document.addEventListener('submit', (event) => {
  const form = event.target;
  // A file comes beside the page, which stays and may ask for it again.
  if (form.dataset.file !== undefined) return;
  if (form.dataset.sent === 'true') {
    event.preventDefault();
    return;
  }
  form.dataset.sent = 'true';
  form.setAttribute('aria-busy', 'true');
});

// A page that comes back from the browser's memory may send its forms again.
window.addEventListener('pageshow', () => {
  for (const form of document.forms) {
    delete form.dataset.sent;
    form.removeAttribute('aria-busy');
  }
});

document.addEventListener('keydown', (event) => {
  const typing = event.target instanceof Element && event.target.closest('input, textarea, select');
  if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = document.querySelector('#search');
  if (search === null) return;
  event.preventDefault();
  search.focus();
});
