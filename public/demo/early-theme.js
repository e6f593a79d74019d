/** A classic script in the head, so that a stored choice of theme holds from the first paint. theme.js does the rest. */
{
  // Storage throws where the browser forbids it; the system's theme it is, then.
  try {
    const theme = localStorage.getItem('chatkit-edge-theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch {}
}
