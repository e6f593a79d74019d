/** The widget's methods on the element: each waits until the widget is ready, and is refused where it cannot be. */

/** @import { OpenAIChatKit } from '@openai/chatkit' */

/** @typedef {{ resolve: (widget: OpenAIChatKit) => void, reject: (error: Error) => void }} Waiting */

export class WidgetCalls extends HTMLElement {
  /** @type {OpenAIChatKit | null} */
  #widget = null;
  /** @type {Waiting[]} */
  #waiting = [];

  focusComposer() {
    return this.#call((widget) => widget.focusComposer());
  }

  /** @param {Parameters<OpenAIChatKit['setThreadId']>} given */
  setThreadId(...given) {
    return this.#call((widget) => widget.setThreadId(...given));
  }

  /** @param {Parameters<OpenAIChatKit['sendUserMessage']>} given */
  sendUserMessage(...given) {
    return this.#call((widget) => widget.sendUserMessage(...given));
  }

  /** @param {Parameters<OpenAIChatKit['setComposerValue']>} given */
  setComposerValue(...given) {
    return this.#call((widget) => widget.setComposerValue(...given));
  }

  /** @param {Parameters<OpenAIChatKit['sendCustomAction']>} given */
  sendCustomAction(...given) {
    return this.#call((widget) => widget.sendCustomAction(...given));
  }

  showHistory() {
    return this.#call((widget) => widget.showHistory());
  }

  hideHistory() {
    return this.#call((widget) => widget.hideHistory());
  }

  fetchUpdates() {
    return this.#call((widget) => widget.fetchUpdates());
  }

  /** @returns {Error | null} why there is no widget to wait for; none comes of itself either, unless this starts it */
  _whyNot() {
    return null;
  }

  /** @param {OpenAIChatKit | null} widget ready, or not there any more */
  _useWidget(widget) {
    this.#widget = widget;
    if (widget) for (const { resolve } of this.#waiting.splice(0)) resolve(widget);
  }

  /** @param {Error} why */
  _refuseCalls(why) {
    for (const { reject } of this.#waiting.splice(0)) reject(why);
  }

  /**
   * @param {(widget: OpenAIChatKit) => Promise<void>} how
   * @returns {Promise<void>}
   */
  async #call(how) {
    if (this.#widget) return how(this.#widget);
    const why = this._whyNot();
    if (why) throw why;
    return how(await new Promise((resolve, reject) => this.#waiting.push({ resolve, reject })));
  }
}
