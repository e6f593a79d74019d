// Types of <chatkit-edge>, the element that /embed.js defines. They build on OpenAI's own: npm install --save-dev @openai/chatkit
import type { ChatKitEvents, ChatKitOptions, OpenAIChatKit } from '@openai/chatkit';

/** The widget's options that a page may set. The element sets `api` itself. */
export type ChatKitEdgeOptions = Partial<Omit<ChatKitOptions, 'api'>>;

/** The element's own events. */
export type ChatKitEdgeEvents = {
  /** A session was created or refreshed. Only with the backend `hosted`. */
  'chatkit-edge.session': CustomEvent<{ kind: 'created' | 'refreshed'; sessionId: string | null; expiresAt: number | null }>;
  /** Something failed, and the element shows a message. `passing`: it retries automatically. */
  'chatkit-edge.problem': CustomEvent<{ code: string; message: string; requestId: string | null; passing: boolean }>;
  /** The launcher's chat was opened. */
  'chatkit-edge.open': CustomEvent<null>;
  /** The launcher's chat was closed. */
  'chatkit-edge.close': CustomEvent<null>;
};

type Calls = Pick<
  OpenAIChatKit,
  | 'focusComposer'
  | 'setThreadId'
  | 'sendUserMessage'
  | 'setComposerValue'
  | 'sendCustomAction'
  | 'showHistory'
  | 'hideHistory'
  | 'fetchUpdates'
>;

/**
 * A chat with the Worker that served the script, whatever its backend is. The widget's methods wait until it is ready, and
 * reject with the problem's message if it fails.
 */
export interface ChatKitEdgeElement extends HTMLElement, Calls {
  /** All of the widget's options except `api`. They override the attributes. */
  options: ChatKitEdgeOptions;
  /** For `AUTH=jwt`: returns the signed-in user's token. Called before every session request, or every request to /chatkit. */
  getToken: (() => string | null | undefined | Promise<string | null | undefined>) | null;
  /** Whether the launcher's chat is open. */
  open: boolean;
  /** Opens the launcher's chat. */
  show(): void;
  /** Closes the launcher's chat without ending it. */
  hide(): void;
  /** Starts over, for example after another user has signed in. */
  reload(): void;
  /** Sets `options`; same name as the widget's method. */
  setOptions(options: ChatKitEdgeOptions): void;

  addEventListener<K extends keyof (ChatKitEvents & ChatKitEdgeEvents)>(
    type: K,
    listener: (event: (ChatKitEvents & ChatKitEdgeEvents)[K]) => any,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
  removeEventListener<K extends keyof (ChatKitEvents & ChatKitEdgeEvents)>(
    type: K,
    listener: (event: (ChatKitEvents & ChatKitEdgeEvents)[K]) => any,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | EventListenerOptions): void;
}

/** The element's attributes. */
export interface ChatKitEdgeAttributes {
  /** The name of an agent in `AGENTS`. Default: the agent in `AGENT`. */
  agent?: string;
  /** One of the Worker's workflows, with the backend `hosted`. Default: the Worker's default workflow. */
  workflow?: string;
  /** The thread to open first. */
  thread?: string;
  /** Default: the page's color scheme. */
  theme?: 'light' | 'dark';
  /** A language tag such as `es` or `pt-BR`. Default: the page's `lang`, or the browser's language. */
  locale?: string;
  /** The title of the start screen. Default: the agent's greeting. */
  greeting?: string;
  /** Texts separated by `|`, or JSON as in the widget's options. Default: the agent's prompts. */
  prompts?: string;
  /** The text in the empty composer. */
  placeholder?: string;
  /** The name of the chat for screen readers. */
  label?: string;
  /** A number of pixels, or a CSS length. */
  height?: string | number;
  /** Shows a floating button that opens the chat. The value is the button's text. */
  launcher?: string | boolean;
  /** The launcher's chat is open. */
  open?: boolean;
  /** `off`: no events or errors are reported to the Worker. */
  analytics?: 'on' | 'off';
  /** The URL of the widget's script. Default: the Worker's setting. */
  script?: string;
}

/** The element in JSX. */
export interface ChatKitEdgeJSX {
  'chatkit-edge': ChatKitEdgeAttributes &
    Partial<Pick<ChatKitEdgeElement, 'options' | 'getToken'>> & {
      id?: string;
      class?: string;
      className?: string;
      style?: any;
      hidden?: boolean;
      ref?: any;
      key?: any;
    };
}

declare global {
  interface HTMLElementTagNameMap {
    'chatkit-edge': ChatKitEdgeElement;
  }

  // React 19 uses the JSX namespace of its own module; docs/embed.md shows the declaration.
  namespace JSX {
    interface IntrinsicElements extends ChatKitEdgeJSX {}
  }
}
