// The chosen colours are there before anything is painted: it is no module, so that the browser waits for it. See src/state/io/theme.ts.
try {
  const theme = localStorage.getItem("neverstale.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing has the colours of the system.
}
