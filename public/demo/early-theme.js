/** A classic script in the head that applies a stored theme before the first paint. theme.js does the rest. */
{
  // Storage throws if the browser blocks it. The page then uses the system's theme.
  try {
    const theme = localStorage.getItem('chatkit-edge-theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch {}
}
