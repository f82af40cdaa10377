import { PROTOCOL_VERSION, type Channel, type Header, type JsonObject, type Message } from "./messages.ts";

/** Clock and source of ids: given, so that a conversation can be replayed exactly in a test. */
export interface Environment {
  now(): Date;
  newId(): string;
}
export const realEnvironment: Environment = { now: () => new Date(), newId: () => crypto.randomUUID() };

export interface Sender {
  session: string;
  username: string;
  environment: Environment;
}

interface MessageParts {
  parent?: Header | Record<string, never>;
  metadata?: JsonObject;
  buffers?: Uint8Array[];
}

/** A complete message with a header of its own. */
export function makeMessage(
  { session, username, environment }: Sender,
  channel: Channel,
  msg_type: string,
  content: object,
  { parent = {}, metadata = {}, buffers = [] }: MessageParts = {},
): Message {
  const header: Header = {
    msg_id: environment.newId(),
    msg_type,
    session,
    username,
    date: environment.now().toISOString(),
    version: PROTOCOL_VERSION,
  };
  const message = { channel, header, parent_header: parent, metadata, content: content as JsonObject };
  return buffers.length > 0 ? { ...message, buffers } : message;
}
