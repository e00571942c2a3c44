// What is on its way to the server, one request at a time.

import { post } from "../api.js";

const RETRY = 4000; // milliseconds

export class Outbox {
  /** @param offline called each time when the server was not reached. */
  constructor(offline) {
    this.offline = offline;
    this.pending = 0;
    this.last = Promise.resolve();
  }

  /** Sends when all before has arrived; gives the answer, or null where the server refuses. */
  send(url, body, received, refused) {
    this.pending += 1;
    this.last = this.last.catch(() => {}).then(async () => {
      let answer;
      try {
        answer = await this.deliver(url, body);
      } catch (error) {
        this.pending -= 1;
        await refused(error);
        return null;
      }
      this.pending -= 1;
      received(answer);
      return answer;
    });
    return this.last;
  }

  // A lost network is tried again, with the same id in the body, until it is back.
  async deliver(url, body) {
    for (;;) {
      try {
        return await post(url, body);
      } catch (error) {
        if (error.status !== undefined && error.status < 502) throw error;
        this.offline();
        await new Promise((go) => setTimeout(go, RETRY));
      }
    }
  }
}
