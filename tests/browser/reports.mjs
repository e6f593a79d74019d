// The events and errors that pages report, as the Worker's log has them.

/**
 * Returns a function that lists the reports the Worker has received since, as "PATH STATUS".
 * @param {{ logs: () => any[] }} worker
 */
export function listen(worker) {
  const before = worker.logs().length;
  return () =>
    worker
      .logs()
      .slice(before)
      .filter(({ path }) => /^\/api\/(analytics|errors)/.test(path ?? ''))
      .map(({ path, status }) => `${path} ${status}`);
}
