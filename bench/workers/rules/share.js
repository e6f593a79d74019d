// Requests that are under way, by what they ask. Those who follow look from time to time: on Workers a promise of
// another request cannot be waited for.
import { Problem, abandoned } from './problem.js';

const flights = new Map();
const LOOK_EVERY_MS = 25;

/** Makes the session, or takes the one that a request with the same body is getting. */
export async function share(body, client, make) {
  for (;;) {
    const flight = flights.get(body);
    if (!flight) break;
    while (flight.state === 'under way') {
      if (client.aborted) throw abandoned();
      await scheduler.wait(LOOK_EVERY_MS);
    }
    if (flight.state === 'landed') return { shared: true, ...flight.result };
  }
  const flight = { state: 'under way', result: {} };
  flights.set(body, flight);
  try {
    flight.result = { session: await make() };
    flight.state = 'landed';
  } catch (error) {
    flight.result = { error };
    flight.state = error instanceof Problem && error.row.status === 499 ? 'abandoned' : 'landed';
  } finally {
    flights.delete(body);
  }
  return { shared: false, ...flight.result };
}
