/** What /embed.js runs: it defines <chatkit-edge>, and each one that is already in the page starts at once. */

import { ChatKitEdge } from './element.js';

// A page may load the script twice, or from two addresses; the first one stays.
if (!customElements.get('chatkit-edge')) customElements.define('chatkit-edge', ChatKitEdge);
