/** Entry point of /embed.js: defines <chatkit-edge>. Elements that are already in the page start at once. */

import { ChatKitEdge } from './element.js';

// A page may load the script twice, or from two URLs. The first definition wins.
if (!customElements.get('chatkit-edge')) customElements.define('chatkit-edge', ChatKitEdge);
