/**
 * Every name in a store directory, and every name of a topic or a property with a meaning. Paths
 * are below the root. No other file spells one of these names (`streambed/names-once`).
 *
 * @module
 */

/** The segments of the log, unless `logDirectories` names other places. */
export const LOG_FOLDER = "commitlog";
/** Exists until a restore is finished: no store, ours or RocketMQ's, loads a log with it. */
export const UNFINISHED_RESTORE: string = `${LOG_FOLDER}/restore-is-not-finished`;
/** The queues: a folder for each topic, in it one for each queue. */
export const QUEUE_FOLDER = "consumequeue";
/** The queues of topics that RocketMQ stores in batches. */
export const BATCH_QUEUE_FOLDER = "batchconsumequeue";
/** What entries of RocketMQ's queues have no room for. */
export const QUEUE_EXTENSION_FOLDER = "consumequeue_ext";
/** The files that find messages by key. */
export const INDEX_FOLDER = "index";

/** Locked by the one writer; each log directory has its own, in {@linkcode OWN_FOLDER}. */
export const LOCK_FILE = "lock";
/** Exists while a writer is at work, and after it died. */
export const ABORT_FILE = "abort";
/** The first word of {@linkcode ABORT_FILE} if Streambed made it. */
export const ABORT_WORD = "streambed";
/** RocketMQ's copy of the last {@linkcode ABORT_FILE}. */
export const ABORT_BACKUP_FILE = "abort.bak";
/** The store checkpoint: times from which a broker works out where its recovery starts. */
export const STORE_CHECKPOINT_FILE = "checkpoint";

/** What a broker keeps of topics and groups. */
export const CONFIG_FOLDER = "config";
/** The topics that a broker serves. */
export const TOPICS_FILE: string = `${CONFIG_FOLDER}/topics.json`;
/** How far each group has read each queue. */
export const GROUP_OFFSETS_FILE: string = `${CONFIG_FOLDER}/consumerOffset.json`;
/** The same, of a broker with `enableLmq`. */
export const LMQ_GROUP_OFFSETS_FILE: string = `${CONFIG_FOLDER}/lmqConsumerOffset.json`;
/** How far the delayed messages of each level are delivered. */
export const DELAY_OFFSETS_FILE: string = `${CONFIG_FOLDER}/delayOffset.json`;
/** How far RocketMQ's timer is, which delivers messages at exact times. */
export const TIMER_CHECK_FILE: string = `${CONFIG_FOLDER}/timercheck`;
/** What RocketMQ's timer is about to deliver, by time; snapshots of it have a suffix. */
export const TIMER_WHEEL_FILE = "timerwheel";
/** What the entries of {@linkcode TIMER_WHEEL_FILE} point at. */
export const TIMER_LOG_FOLDER = "timerlog";
/** Ends the name of a configuration file that was replaced. */
export const BACKUP_SUFFIX = ".bak";
/** Ends, before a number, the name of a configuration file that could not be read and was kept. */
export const UNREADABLE_SUFFIX = ".unreadable-";

/** Ours: RocketMQ never looks there. */
export const OWN_FOLDER = "streambed";
/**
 * The identity of the store, its geometry, the mark, and which ranges of the log Streambed wrote.
 */
export const META_FILE: string = `${OWN_FOLDER}/meta`;
/** How far the writer is, for readers in other processes. */
export const POSITIONS_FILE: string = `${OWN_FOLDER}/positions`;
/** What {@linkcode POSITIONS_FILE} was called before 0.1.0; it is read, and no longer written. */
export const OLD_POSITIONS_FILE: string = `${OWN_FOLDER}/mark`;
/** A snapshot of queues and index, so that an opening is short. */
export const TABLES_FILE: string = `${OWN_FOLDER}/tables`;
/** The next offsets of queues that have no message in the log. */
export const NEXT_OFFSETS_FILE: string = `${OWN_FOLDER}/offsets`;
/** A file for each group and queue: who reads it, and how far that is. */
export const CLAIMS_FOLDER: string = `${OWN_FOLDER}/groups`;
/** In {@linkcode OWN_FOLDER}, before the 20 digits of a segment that is prepared ahead. */
export const PREPARED_PREFIX = "next-";
/** In {@linkcode OWN_FOLDER}, before 16 hexadecimal digits: a file that will replace another. */
export const TEMPORARY_PREFIX = "temporary-";

/** What a root holds that Streambed reads or makes, beside the log. */
export const ROOT_NAMES: readonly string[] = [
  ABORT_FILE,
  BATCH_QUEUE_FOLDER,
  STORE_CHECKPOINT_FILE,
  CONFIG_FOLDER,
  QUEUE_FOLDER,
  INDEX_FOLDER,
  LOCK_FILE,
  OWN_FOLDER,
];
/** Folders of RocketMQ that are left alone: compacted logs, timers, transactions. */
export const FOREIGN_FOLDERS: readonly string[] = [
  "compaction",
  TIMER_LOG_FOLDER,
  TIMER_WHEEL_FILE,
  "transaction",
];
/** In {@linkcode CONFIG_FOLDER}, where a broker keeps topics and groups in RocksDB. */
export const ROCKSDB_CONFIG_FOLDER = "rdb";
/** In {@linkcode CONFIG_FOLDER} of a broker whose queues are in RocksDB too. */
export const ROCKSDB_STORE_FOLDERS: readonly string[] = [
  "metadata",
  "topics",
  "subscriptionGroups",
  "consumerOffsets",
];
/** Exists in a folder that is a RocksDB database. */
export const ROCKSDB_FILE = "CURRENT";

/** What only a store has, wherever its log is. */
export const STORE_SIGNS: readonly string[] = [META_FILE, QUEUE_FOLDER, STORE_CHECKPOINT_FILE];

/** The topic in which RocketMQ keeps delayed messages. */
export const SCHEDULE_TOPIC = "SCHEDULE_TOPIC_XXXX";
/** The topic in which RocketMQ keeps messages that are delivered at an exact time. */
export const TIMER_TOPIC = "rmq_sys_wheel_timer";
/** The topic in which the writer keeps how far it has delivered delayed messages. */
export const DELIVERY_TOPIC = "STREAMBED_DELIVERY";
/** Begins the names of topics in which Streambed keeps what only it writes. */
export const OWN_TOPIC_PREFIX = "STREAMBED_";
/** The topic in which RocketMQ keeps half messages: those of transactions, until they are over. */
export const HALF_TOPIC = "RMQ_SYS_TRANS_HALF_TOPIC";
/** The topic in which RocketMQ writes down which half messages it has done with. */
export const HALF_DONE_TOPIC = "RMQ_SYS_TRANS_OP_HALF_TOPIC";
/** The topic for half messages that RocketMQ has asked for too often. */
export const HALF_GIVEN_UP_TOPIC = "TRANS_CHECK_MAX_TIME_TOPIC";
/** Topics that a broker writes itself, and lets no client send to. */
export const BROKER_TOPICS: readonly string[] = [
  SCHEDULE_TOPIC,
  HALF_TOPIC,
  HALF_DONE_TOPIC,
  HALF_GIVEN_UP_TOPIC,
  "SELF_TEST_TOPIC",
  "OFFSET_MOVED_EVENT",
];
/** Begin the names of more such topics. */
export const BROKER_TOPIC_PREFIXES: readonly string[] = ["rmq_sys_", "RMQ_SYS_"];
/** Begins the name of the topic in which messages wait that a group has sent back. */
export const RETRY_PREFIX = "%RETRY%";
/** Begins the name of the topic with what a group has given up. */
export const DEAD_LETTER_PREFIX = "%DLQ%";
/** The topic that tells what groups have sent back. */
export const SENT_BACK_TOPIC = "STREAMBED_SENT_BACK";
/** Begins the names of topics in which jobs keep their checkpoints. */
export const CHECKPOINT_TOPIC_PREFIX = "STREAMBED_JOB_";
/** Begins the names of light queues, which several topics share. */
export const LIGHT_QUEUE_PREFIX = "%LMQ%";

/** The property with the message's keys, separated by one space. */
export const KEYS_NAME = "KEYS";
/** The property with the message's tags. */
export const TAGS_NAME = "TAGS";
/** The property with the client's unique id of the message, which is indexed like a key. */
export const UNIQ_KEY_NAME = "UNIQ_KEY";
/** The property with the checksum of the whole record. */
export const RECORD_CRC_NAME = "__CRC32#";
/** The property with the record's place in an atomic batch. */
export const ATOMIC_BATCH_NAME = "__SB_GROUP";
/** The property that says that a message is of a transaction. */
export const TRANSACTION_NAME = "TRAN_MSG";
/** The property of a half message that was stored again: the offset where it was first. */
export const FIRST_HALF_NAME = "TRAN_PREPARED_QUEUE_OFFSET";
/** The property with the level of a delayed message. */
export const DELAY_NAME = "DELAY";
/** The property with the topic that a delayed or prepared message is for. */
export const REAL_TOPIC_NAME = "REAL_TOPIC";
/** The property with the queue that a delayed or prepared message is for. */
export const REAL_QUEUE_NAME = "REAL_QID";
/** Begins the names of properties of messages that RocketMQ's timer delivers. */
export const TIMER_PREFIX = "TIMER_";
/** The property with the time at which a message is to be delivered, as its client gave it. */
export const TIMER_DELIVER_NAME: string = `${TIMER_PREFIX}DELIVER_MS`;
/** The property with the slot of RocketMQ's timer in which a message waits. */
export const TIMER_OUT_NAME: string = `${TIMER_PREFIX}OUT_MS`;
/** The property with how often RocketMQ's timer has stored a message that waits again. */
export const TIMER_ROLLS_NAME: string = `${TIMER_PREFIX}ROLL_TIMES`;
/** The property of a message that takes back another, with the key of that. */
export const TIMER_CANCEL_NAME: string = `${TIMER_PREFIX}DEL_UNIQKEY`;
/** Begins the names of properties that a broker writes itself. */
export const INNER_PREFIX = "INNER_";
/** The property with the number of messages in a batch. */
export const INNER_COUNT_NAME: string = `${INNER_PREFIX}NUM`;
/** The property with the light queues that a message is in as well. */
export const INNER_QUEUES_NAME: string = `${INNER_PREFIX}MULTI_DISPATCH`;
/** The property with the message's offsets in these queues. */
export const INNER_OFFSETS_NAME: string = `${INNER_PREFIX}MULTI_QUEUE_OFFSET`;

/** The property with the content type of a typed topic's message; a broker looks at neither. */
export const CONTENT_TYPE_NAME = "SB_CONTENT_TYPE";
/** The property with the version of the schema that such a message was checked by. */
export const SCHEMA_VERSION_NAME = "SB_SCHEMA_VERSION";

/** The property of records that only tell how far delayed messages are delivered. */
export const DELIVERED_NAME = "SB_DELIVERED";
/** The property of the same records that tells how far those with an exact time are. */
export const TIMED_NAME = "SB_TIMED";
/** The property of a message that was sent back: the topic that it was in first. */
export const RETRY_TOPIC_NAME = "RETRY_TOPIC";
/** The property with RocketMQ's id of the message that was sent back first. */
export const ORIGIN_ID_NAME = "ORIGIN_MESSAGE_ID";
/** The property with the reason why a message was sent back. */
export const CAUSE_NAME = "SB_CAUSE";
/** The property of a message that waited before it was tried again: the position where it did. */
export const WAITED_NAME = "SB_WAITED";
/** The property of records that only tell what a group has sent back. */
export const SENT_BACK_NAME = "SB_SENT_BACK";
/** Begins the names of properties that only records of checkpoints have. */
export const CHECKPOINT_PREFIX = "SB_CHECKPOINT";
/** Properties of a checkpoint's records. */
export const CHECKPOINT_PROPERTIES = {
  /** Number of the checkpoint. */
  id: "SB_CHECKPOINT",
  /** Which part of the payload. */
  part: "SB_CHECKPOINT_PART",
  /** Whether the job goes on. */
  state: "SB_CHECKPOINT_STATE",
  /** Length of the whole payload. */
  byteLength: "SB_CHECKPOINT_BYTES",
  /** How many checkpoints are kept. */
  keep: "SB_CHECKPOINT_KEEP",
  /** Whether no earlier checkpoint has a higher number. */
  newest: "SB_CHECKPOINT_NEWEST",
} as const;
