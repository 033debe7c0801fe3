/** A story cannot be run as it is written; the message says where and what, for people. */
export class StoryError extends Error {
  override readonly name = "StoryError";
  readonly code = "story";
}
