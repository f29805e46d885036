/**
 * Reading a whole topic, over what the store lets anybody read.
 *
 * @module
 */
export { type TopicFrom, TopicReader, type TopicReaderOptions } from "./topic_reader.ts";
