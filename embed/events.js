/** The widget's events, which the element re-dispatches. */

/** @import { ChatKitEvents } from '@openai/chatkit' */

/** @type {Record<keyof ChatKitEvents, true>} the type requires every event */
const all = {
  'chatkit.ready': true,
  'chatkit.error': true,
  'chatkit.effect': true,
  'chatkit.deeplink': true,
  'chatkit.response.start': true,
  'chatkit.response.end': true,
  'chatkit.history.open': true,
  'chatkit.history.close': true,
  'chatkit.thread.change': true,
  'chatkit.thread.load.start': true,
  'chatkit.thread.load.end': true,
  'chatkit.tool.change': true,
  'chatkit.log': true,
};

export const WIDGET_EVENTS = /** @type {(keyof ChatKitEvents)[]} */ (Object.keys(all));
