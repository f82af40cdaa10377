import type { Message } from "../protocol/messages.ts";

/** How the kernel and its clients reach each other. */
export interface Transport {
  /** Resolves when the other side has taken the message, or the transport has, where nothing says more. */
  send(message: Message): Promise<void>;
  /** Called for each message in order of arrival. */
  onMessage: (message: Message) => void | Promise<void>;
  /** Resolves when everything sent is on its way. */
  close(): Promise<void>;
  /** The other side is gone for good. */
  onClose: () => void;
}
