/**
 * Topic names: letters, digits, `%`, `|`, `-`, `_`; up to 127 of them, up to 255 for the retry and
 * dead letter topics of consumer groups. A topic names a folder, so nothing else may pass.
 *
 * Reproduces `TopicValidator` of RocketMQ 5.3.3. This is about names to be written; names on disk
 * may break the rules.
 *
 * @module
 */

const TOPIC_NAME = /^[%|a-zA-Z0-9_-]{1,127}$/;
const GROUP_TOPIC_NAME = /^%(?:RETRY|DLQ)%[%|a-zA-Z0-9_-]{1,255}$/;
const GROUP_TOPIC_LENGTH_MAX = 255;
const FOLDER_NAME_BYTE_LENGTH_MAX = 255;

/** Whether a message may be written to a topic of this name. */
export function isTopicName(topic: string): boolean {
  if (TOPIC_NAME.test(topic)) return true;
  return topic.length <= GROUP_TOPIC_LENGTH_MAX && GROUP_TOPIC_NAME.test(topic);
}

/**
 * Whether a topic can name a folder. Names in a log may break RocketMQ's stricter rules, but must
 * never lead elsewhere.
 */
export function isFolderName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !name.includes("/") &&
    !name.includes("\0") && name.isWellFormed() &&
    new TextEncoder().encode(name).length <= FOLDER_NAME_BYTE_LENGTH_MAX;
}
