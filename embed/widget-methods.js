/** The widget's methods on the element. A call waits until the widget is ready and rejects if the widget failed. */

/** @import { OpenAIChatKit } from '@openai/chatkit' */

/** @typedef {{ resolve: (widget: OpenAIChatKit) => void, reject: (error: Error) => void }} PendingCall */

export class WidgetMethods extends HTMLElement {
  /** @type {OpenAIChatKit | null} */
  #widget = null;
  /** @type {PendingCall[]} */
  #pending = [];

  focusComposer() {
    return this.#call((widget) => widget.focusComposer());
  }

  /** @param {Parameters<OpenAIChatKit['setThreadId']>} args */
  setThreadId(...args) {
    return this.#call((widget) => widget.setThreadId(...args));
  }

  /** @param {Parameters<OpenAIChatKit['sendUserMessage']>} args */
  sendUserMessage(...args) {
    return this.#call((widget) => widget.sendUserMessage(...args));
  }

  /** @param {Parameters<OpenAIChatKit['setComposerValue']>} args */
  setComposerValue(...args) {
    return this.#call((widget) => widget.setComposerValue(...args));
  }

  /** @param {Parameters<OpenAIChatKit['sendCustomAction']>} args */
  sendCustomAction(...args) {
    return this.#call((widget) => widget.sendCustomAction(...args));
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

  /** @returns {Error | null} why there is no widget to wait for. An override may start the widget and return null. */
  _unavailableReason() {
    return null;
  }

  /** @param {OpenAIChatKit | null} widget the ready widget; null once it is removed */
  _setWidget(widget) {
    this.#widget = widget;
    if (widget) for (const { resolve } of this.#pending.splice(0)) resolve(widget);
  }

  /** @param {Error} reason */
  _rejectPending(reason) {
    for (const { reject } of this.#pending.splice(0)) reject(reason);
  }

  /**
   * @param {(widget: OpenAIChatKit) => Promise<void>} method
   * @returns {Promise<void>}
   */
  async #call(method) {
    if (this.#widget) return method(this.#widget);
    const reason = this._unavailableReason();
    if (reason) throw reason;
    return method(await new Promise((resolve, reject) => this.#pending.push({ resolve, reject })));
  }
}
