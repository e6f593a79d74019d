// Types of <chatkit-edge>, the element that /embed.js defines. They build on OpenAI's own: npm install --save-dev @openai/chatkit
import type { ChatKitEvents, ChatKitOptions, OpenAIChatKit } from '@openai/chatkit';

/** What a page may set of the widget's options; the session is the element's affair. */
export type ChatKitEdgeOptions = Partial<Omit<ChatKitOptions, 'api'>>;

/** What the element's own events carry. */
export type ChatKitEdgeEvents = {
  /** A session was created or refreshed. */
  'chatkit-edge.session': CustomEvent<{ kind: 'created' | 'refreshed'; sessionId: string | null; expiresAt: number | null }>;
  /** Something failed, and a message is on show. `passing`: the element tries again by itself. */
  'chatkit-edge.problem': CustomEvent<{ code: string; message: string; requestId: string | null; passing: boolean }>;
  /** The chat of a launcher was opened. */
  'chatkit-edge.open': CustomEvent<null>;
  /** It was closed. */
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
 * A chat whose sessions come from the Worker that served the script. The widget's methods wait until it is ready, and are
 * refused with the problem's message where it cannot be.
 */
export interface ChatKitEdgeElement extends HTMLElement, Calls {
  /** All of the widget's options but `api`; they win over the attributes. */
  options: ChatKitEdgeOptions;
  /** For `AUTH=jwt`: gives the token that proves the signed-in user. Asked before every session. */
  getToken: (() => string | null | undefined | Promise<string | null | undefined>) | null;
  /** Is the chat of a launcher open? */
  open: boolean;
  /** Opens the chat of a launcher. */
  show(): void;
  /** Closes it; the chat goes on. */
  hide(): void;
  /** Starts over with a new session, as after signing in as somebody else. */
  reload(): void;
  /** The same as setting `options`, under the name that the widget has for it. */
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
  /** One of the Worker's workflows; its default where not given. */
  workflow?: string;
  /** The thread to begin with. */
  thread?: string;
  /** Where not given, the page's own. */
  theme?: 'light' | 'dark';
  /** A language tag, as `es` or `pt-BR`. Where not given, the page's `lang`, or the browser's. */
  locale?: string;
  /** The title of the start screen. */
  greeting?: string;
  /** Texts separated by `|`, or JSON as in the widget's options. */
  prompts?: string;
  /** The text in the empty composer. */
  placeholder?: string;
  /** The name of the chat for screen readers. */
  label?: string;
  /** A number of pixels, or a CSS length. */
  height?: string | number;
  /** A floating button instead of a chat in place; the value is its text. */
  launcher?: string | boolean;
  /** The chat of a launcher is open. */
  open?: boolean;
  /** `off`: the Worker is told of no events and errors. */
  analytics?: 'on' | 'off';
  /** The widget's script, where the Worker's own setting is not to be used. */
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

  // React 19 looks in its own module instead; docs/embed.md has the line for it.
  namespace JSX {
    interface IntrinsicElements extends ChatKitEdgeJSX {}
  }
}
