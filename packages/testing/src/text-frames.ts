/** Frames of the test network are the texts of their messages. Nothing is compressed, and nothing is sent in parts. */

import type { Frame, FrameCodec, LargeFrame, Part } from "@neverstale/server";

class TextFrame implements LargeFrame {
  readonly messages: readonly string[];
  readonly sizeBytes: number;

  constructor(messages: readonly string[]) {
    this.messages = messages;
    this.sizeBytes = messages.reduce((sum, text) => sum + text.length, 0);
  }

  get textBytes(): number {
    return this.sizeBytes;
  }
}

export const TEXT_FRAMES: FrameCodec = {
  encode: (text) => new TextFrame([text]),
  join: (frames) => new TextFrame(frames.flatMap(messagesOf)),
  encodeLarge: async (pieces) => new TextFrame([[...pieces].join("")]),
  part(): Part {
    throw new Error("a client of the test bed asks for no parts");
  },
};

export function messagesOf(frame: Frame): readonly string[] {
  if (frame instanceof TextFrame) return frame.messages;
  throw new Error("the frame was made by another codec");
}
