/**
 * Topic names: letters, digits, `%`, `|`, `-`, `_`; up to 127 of them, up to 255 for the retry and dead
 * letter topics of consumer groups. A topic names a folder, so nothing else is ever let through.
 *
 * Reproduces `TopicValidator` of RocketMQ 5.3.3, and refuses what it refuses. A name that is already on
 * disk may break the rules; this is about names that are about to be written.
 *
 * @module
 */

const TOPIC_NAME = /^[%|a-zA-Z0-9_-]{1,127}$/;
const GROUP_TOPIC_NAME = /^%(?:RETRY|DLQ)%[%|a-zA-Z0-9_-]{1,255}$/;
const GROUP_TOPIC_LENGTH_MAX = 255;
const FOLDER_NAME_BYTE_LENGTH_MAX = 255;

/**
 * Tells whether a message may be written to a topic of this name.
 *
 * @param topic The name.
 * @returns Whether it is a topic name.
 */
export function isTopicName(topic: string): boolean {
  if (TOPIC_NAME.test(topic)) return true;
  return topic.length <= GROUP_TOPIC_LENGTH_MAX && GROUP_TOPIC_NAME.test(topic);
}

/**
 * Tells whether a topic can name a folder. RocketMQ's own rules are stricter, but a name that is in a log
 * already may break them; it must never lead anywhere else.
 *
 * @param name The topic.
 * @returns Whether it is one part of a path.
 */
export function isFolderName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !name.includes("/") &&
    !name.includes("\0") && name.isWellFormed() &&
    new TextEncoder().encode(name).length <= FOLDER_NAME_BYTE_LENGTH_MAX;
}
