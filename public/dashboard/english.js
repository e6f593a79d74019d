/** English texts of the dashboard that are not in dashboard.html. {NAME} stands for a value. */

/** @type {Record<string, string>} */
export const ENGLISH = {
  page: 'Dashboard · ChatKit Edge',
  loading: 'Loading the numbers…',
  'token.characters': 'The token may contain only printable ASCII characters.',
  stale: 'Not up to date: {title}. {hint}',

  sessions_created: 'Sessions created',
  sessions_refreshed: 'Sessions refreshed',
  sessions_cancelled: 'Sessions cancelled',
  sessions_failed: 'Sessions failed',
  messages: 'Messages',
  thread_changes: 'Thread changes',
  client_errors: 'Client errors',
  'average.none': 'no average yet',
  average: '{count} on average',
  total: '{count} in total',
  'compared.none': 'There are no earlier days to compare with.',
  'compared.day': 'Compared with the average of the previous day.',
  'compared.days': 'Compared with the average of the previous {days} days.',

  'sessions.chart': 'Sessions per day',
  'activity.chart': 'Messages and thread changes per day',
  'line.sessions_created': 'Created',
  'line.sessions_refreshed': 'Refreshed',
  'line.sessions_cancelled': 'Cancelled',
  'line.sessions_failed': 'Failed',
  'line.messages': 'Messages',
  'line.thread_changes': 'Thread changes',
  'chart.slider': '{title}: day',
  'chart.none': 'No events in these {days} days.',
  'chart.sum': '{list} in {days} days.',
  'chart.peak': 'Peak: {count} on {day}.',
  'chart.today': '{day}, so far',
  'table.day': 'Day',
  'table.show': 'As a table',
  'table.name': '{title}, as a table',

  'reports.none': 'None yet.',
  'reports.no.message': 'No message',
  'reports.stack': 'Stack',

  'error.token': 'The admin token is wrong',
  'error.token.hint':
    'Enter the value of ADMIN_TOKEN: from .dev.vars on your own machine, or as you set it with npx wrangler secret put ' +
    'ADMIN_TOKEN.',
  'error.off': 'The Worker has no admin token',
  'error.off.hint':
    'Nobody can read the counters without one. Set ADMIN_TOKEN to a long random text: in .dev.vars on your own machine, ' +
    'with npx wrangler secret put ADMIN_TOKEN for the deployed Worker.',
  'error.unknown': 'The numbers could not be loaded',
  'error.unknown.hint': 'Try again. The Worker’s log may have details.',
};
